// The events that clients fired and that this node's services listen to.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <tenure/toolkit/json_writer.hpp>

#include "agent/state/watch_list.hpp"

namespace tenure::agent {

class user_event {
 public:
  std::string id;
  std::string name;
  std::string payload;
  std::string node_filter;
  std::string service_filter;
  std::string tag_filter;
  std::uint64_t time = 0;  ///< of the gossip's logical clock; 0: not yet

  void write(text::json_writer& json) const;
};

/// The last 256, as in Consul.
class event_log {
 public:
  explicit event_log(watch_list& woken) : woken_(woken) {}

  /// Every event advances the clock, but only those that pass the filters are kept.
  enum class delivery : std::uint8_t { kept, filtered_out };
  void fire(user_event event, delivery how);

  /// The events of that name; of all names if it is empty.
  std::string json(std::string_view name) const;
  /// Changes with every event of that name. Consul makes it from the last event's id.
  std::uint64_t index_of(std::string_view name) const;
  watch_list& watch() noexcept { return watchers_; }

 private:
  watch_list& woken_;
  std::deque<user_event> events_;
  std::uint64_t clock_ = 1;
  watch_list watchers_;
};

}  // namespace tenure::agent
