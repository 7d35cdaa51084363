// How many elections each member of a group leads.
//
// A share is N w / W: of N elections a member with weight w of the weights' sum W has that many. A
// member with more pins than its share leads its pinned elections, and one with a smaller capacity
// fills that; the others divide the rest by weight. A size is a share, rounded down or up: up where
// the member leads more already, so that the fewest elections move.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/group/plan_input.hpp"

namespace tenure::core {

/// What a member has at present.
class member_holding {
 public:
  /// Elections pinned to it, held by it or not. At most its capacity.
  std::uint32_t pinned = 0;
  /// Elections that it holds and that are pinned to no member.
  std::uint32_t held = 0;
};

class member_share {
 public:
  std::uint32_t least = 0;  ///< the share, rounded down
  std::uint32_t most = 0;   ///< the share, rounded up
  std::uint32_t size = 0;   ///< what it shall lead: `least` or `most`
};

/// The shares of `elections`, in the order of the members. They add up to `elections`, or to all
/// capacities if these are less; they are 0 if no member may lead.
///
/// Sizes do not depend on how far a plan was executed: while elections go from members that hold
/// more than their size to members that hold less, in any order, the sizes stay what they are.
std::vector<member_share> divide_elections(std::span<const plan_member> members,
                                           std::span<const member_holding> holdings,
                                           std::uint32_t elections);

}  // namespace tenure::core
