// Response bodies without an end: the events of one election, and the feed of the status page; and
// the list of all elections, which is sent in pieces. A client gets the newest state when it reads;
// the streams queue nothing for slow clients.
#pragma once

#include <functional>
#include <list>
#include <optional>
#include <set>
#include <string>
#include <tenure/toolkit/http_server.hpp>
#include <tenure/toolkit/timers.hpp>
#include <vector>

#include "sidecar/http/status_registry.hpp"
#include "sidecar/http/subscription.hpp"

namespace tenure::sidecar {

/// What a subscriber can ask for beyond the elector's protocol.
class stream_options {
 public:
  bool ids = false;
  std::string last_id;                ///< of the last event that the client received
  std::optional<duration> heartbeat;  ///< send a comment after this much silence
};

class election_stream final : public wire::http_stream {
 public:
  election_stream(election_status& e, runtime::timers& timers, stream_options options,
                  subscription self);
  ~election_stream() override;

  std::shared_ptr<const std::string> next() override;
  bool over() const noexcept override;

 private:
  class heartbeat_timer final : public runtime::timer {
   public:
    explicit heartbeat_timer(election_stream& s) noexcept;
    election_stream& stream;
  };
  void restart_heartbeat();

  election_status& status_;
  runtime::timers& timers_;
  stream_options options_;
  subscription self_;
  std::list<subscription>::iterator place_;
  std::optional<std::uint64_t> sent_version_;
  heartbeat_timer timer_;
  bool heartbeat_due_ = false;
};

/// Two members of a JSON object, by which a status page knows how old an event is: `now_ms`, the
/// time of day, and `up_ms`, a clock that cannot be set.
std::string feed_clocks();

/// All elections as events: `hello`; `groups` with the members of each group; `state` with the
/// details of those that changed since this client's last `state`, a limited number at a time;
/// `lease` with the remaining leases, once a second even if there are none: a page that gets none
/// knows that it shows the past.
class feed_stream final : public wire::http_stream {
 public:
  /// `groups`: the present data of the event `groups`; empty where there are no groups.
  feed_stream(status_registry& registry, std::set<feed_stream*>& feeds, std::string hello,
              std::function<std::string()> groups, subscription self);
  ~feed_stream() override;

  std::shared_ptr<const std::string> next() override;
  bool over() const noexcept override { return ended_; }
  /// Other elections from now on: the page connects again.
  void end() { ended_ = true; }
  /// The election with this index has changed.
  void mark_changed(std::size_t index) {
    if (!ended_) changed_[index] = true;
  }
  void mark_groups_changed() { groups_changed_ = true; }
  /// Sends the remaining leases next.
  void mark_leases_due() { leases_due_ = true; }
  void wake() const { self_.wake(); }

 private:
  status_registry& registry_;
  std::set<feed_stream*>& feeds_;
  std::string hello_;
  std::function<std::string()> groups_;
  subscription self_;
  std::vector<bool> changed_;
  std::size_t cursor_ = 0;
  bool groups_changed_ = false;
  bool leases_due_ = true;
  bool ended_ = false;
};

/// The details of all elections, as one JSON array.
class list_stream final : public wire::http_stream {
 public:
  explicit list_stream(const status_registry& registry) : registry_(registry) {}
  std::shared_ptr<const std::string> next() override;
  bool over() const noexcept override { return ended_; }

 private:
  const status_registry& registry_;
  std::size_t at_ = 0;
  bool ended_ = false;
};

}  // namespace tenure::sidecar
