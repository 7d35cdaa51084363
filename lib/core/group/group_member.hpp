// A member of a group, as its key shows it: `<prefix>/members/<session>`, locked by that session.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "core/group/plan_input.hpp"

namespace tenure::core {

/// The elections that a member has entered, in short. Sums, so that one can be added and removed.
class entered_elections {
 public:
  std::uint64_t count = 0;
  std::uint64_t digest = 0;  ///< the sum of plan_order() of the keys

  void add(std::uint64_t order) noexcept {
    ++count;
    digest += order;
  }
  void remove(std::uint64_t order) noexcept {
    --count;
    digest -= order;
  }
  friend bool operator==(const entered_elections&, const entered_elections&) = default;
};

/// What a member publishes.
class group_member {
 public:
  std::string name;   ///< pins, drains and people use it: unique, and the same after a restart
  std::string value;  ///< what its elections publish while it leads them: the holder writes it
  std::uint32_t weight = 100;
  std::uint32_t capacity = no_limit;
  std::map<std::string, std::string> labels;  ///< for people and programs; the plan ignores them
  bool leaving = false;  ///< it hands over everything, and takes nothing
  bool settled = false;  ///< it has been a member for its settling time
  entered_elections entered;  ///< nothing is moved to a member that has entered others
  /// Elections that it leads whose keys are not below the group's prefix: a list of the group does
  /// not show them.
  std::uint64_t leads_outside = 0;
  bool idle = false;  ///< an operator drains it, and it leads nothing

  friend bool operator==(const group_member&, const group_member&) = default;
};

}  // namespace tenure::core
