// The checks registered with this agent, as their owners reported them. The catalog has its own
// copy, as in Consul: new output without a new status reaches it late, and a service's new tags
// never reach the checks that the service already had.
#pragma once

#include <optional>
#include <string>
#include <tenure/time.hpp>
#include <tenure/toolkit/timers.hpp>
#include <vector>

namespace tenure::agent {

/// What a client sees of a check.
class check_fields {
 public:
  std::string id;
  std::string name;
  std::string status = "critical";
  std::string notes;
  std::string output;
  std::string service_id;  ///< empty: a check of the node
  std::string service_name;
  std::vector<std::string> service_tags;
  std::string type = "ttl";
  std::string interval;  ///< of a check that Consul would run, as Go writes durations
  std::string timeout;
  std::string definition = "{}";  ///< JSON; only catalog/register sets it
  bool operator==(const check_fields&) const = default;

  bool critical() const noexcept { return status == "critical"; }
};

/// The check of a node that its members' gossip makes: the agent's own always passes.
inline check_fields node_health() {
  check_fields health;
  health.id = "serfHealth";
  health.name = "Serf Health Status";
  health.status = "passing";
  health.output = "Agent alive and reachable";
  health.type.clear();
  return health;
}

class check_entry;

/// Receives the two timers of a check: its TTL has passed without a report, and its output is due
/// in the catalog.
class check_owner {
 public:
  virtual void check_expired(check_entry& check) noexcept = 0;
  virtual void check_output_due(check_entry& check) noexcept = 0;

 protected:
  ~check_owner() = default;
};

class check_entry : public check_fields {
 public:
  explicit check_entry(check_owner& its_owner) : owner(its_owner) {}
  check_entry(const check_entry&) = delete;
  check_entry& operator=(const check_entry&) = delete;

  bool registered = false;  ///< with the agent: put_check() has run
  duration ttl{0};
  duration reap_after{0};  ///< its service goes when it is critical for longer; 0: never
  std::optional<time_point> critical_since;  ///< empty until a report or the TTL makes it critical
  std::string last_output;                   ///< of its owner's last report
  std::string alias_service;  ///< of an alias check: whose checks it repeats; empty: none
  std::string alias_node;     ///< empty: this node

  class alarm : public runtime::timer {
   public:
    using call = void (check_owner::*)(check_entry&) noexcept;
    alarm(check_entry& of, call rings) : timer(&alarm::fire), check_(of), rings_(rings) {}

   private:
    static void fire(timer& t) noexcept {
      auto& self = static_cast<alarm&>(t);
      (self.check_.owner.*self.rings_)(self.check_);
    }
    check_entry& check_;
    call rings_;
  };
  check_owner& owner;
  alarm expiry{*this, &check_owner::check_expired};
  alarm output_due{*this, &check_owner::check_output_due};
};

}  // namespace tenure::agent
