// What the agent knows of services and their checks: what their owners registered, and what the
// catalog shows of it. Consul keeps the two apart and so does this: the output of a check that
// stays as it was reaches the catalog late, and tags of a service never reach the checks that were
// there.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tenure/time.hpp>
#include <vector>

#include "runtime/timers.hpp"

namespace tenure::agent {

class service_address {
 public:
  std::string address;
  std::int64_t port = 0;
  bool operator==(const service_address&) const = default;
};

/// A service as its owner wants it. Two that are equal make no difference to anybody who looks.
class service_fields {
 public:
  std::string id;
  std::string name;
  std::string kind;
  std::vector<std::string> tags;
  std::string address;
  std::int64_t port = 0;
  std::map<std::string, service_address> tagged_addresses;
  std::map<std::string, std::string> meta;
  std::int64_t passing_weight = 1;
  std::int64_t warning_weight = 1;
  bool enable_tag_override = false;
  bool native = false;  ///< Connect.Native
  bool operator==(const service_fields&) const = default;
};

class service_record : public service_fields {
 public:
  std::uint64_t create_index = 0;
  std::uint64_t modify_index = 0;
};

/// What is shown of a check.
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
  bool operator==(const check_fields&) const = default;

  bool critical() const noexcept { return status == "critical"; }
};

class check_record;

/// Told when a check's owner was silent for its TTL, and when its output is due in the catalog.
class check_owner {
 public:
  virtual void check_expired(check_record& check) noexcept = 0;
  virtual void check_output_due(check_record& check) noexcept = 0;

 protected:
  ~check_owner() = default;
};

class check_record : public check_fields {
 public:
  explicit check_record(check_owner& told) : owner(told) {}
  check_record(const check_record&) = delete;
  check_record& operator=(const check_record&) = delete;

  check_fields shown;  ///< in the catalog
  std::uint64_t create_index = 0;
  std::uint64_t modify_index = 0;

  duration ttl{0};
  duration reap_after{0};  ///< its service goes when it is critical for longer; 0: never
  std::optional<time_point> critical_since;  ///< not of a check that was never heard of
  std::string last_output;                   ///< what its owner said last

  class alarm : public runtime::timer {
   public:
    using call = void (check_owner::*)(check_record&) noexcept;
    alarm(check_record& of, call rings) : timer(&alarm::fire), check_(of), rings_(rings) {}

   private:
    static void fire(timer& t) noexcept {
      auto& self = static_cast<alarm&>(t);
      (self.check_.owner.*self.rings_)(self.check_);
    }
    check_record& check_;
    call rings_;
  };
  check_owner& owner;
  alarm expiry{*this, &check_owner::check_expired};
  alarm output_due{*this, &check_owner::check_output_due};
};

}  // namespace tenure::agent
