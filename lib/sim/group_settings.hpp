// The groups of a run: which elections belong to one, and what their members do.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tenure/time.hpp>

#include "sim/dice.hpp"

namespace tenure::sim {

class group_settings {
 public:
  static group_settings draw(std::size_t elections, dice& draw);

  std::size_t groups = 0;     ///< elections belong to them in turn; 0: none is in a group
  std::size_t outsiders = 0;  ///< one election in so many is in no group; 0: all are in one
  duration settling_time{0};
  duration hand_over_limit{0};
  std::uint32_t moves_per_second = 100;
  bool weights = false;     ///< members have different weights, and change them
  bool capacities = false;  ///< the same of their capacities
  double ignores = 0;       ///< the share of bodies that ignore a request to hand over
  double late = 0;          ///< the share of bodies that answer it late, perhaps too late
  duration stays{0};        ///< how long a process is a member until it leaves; 0: to its end
  /// Mean times between faults and between the deeds of operators; zero: never.
  duration flap{0}, drain{0}, pin{0}, spoil{0};
  duration restore{0};  ///< of old notices of hand-overs, as from a backup

  bool any() const noexcept { return groups != 0; }
  /// The group of that election; nothing: it is in none.
  std::optional<std::size_t> group_of(std::size_t election) const noexcept;
  /// Once the faults are over: how long it takes until every member leads its share, from when all
  /// of them are there.
  duration balance_bound(std::size_t elections) const noexcept;
  std::string summary() const;
};

/// How long members keep an election to themselves whose body did not answer a request, or that
/// was given back to them.
inline constexpr duration declined_for = std::chrono::minutes(5);

/// The prefix of the group of that number. The first group's members are below the prefix of most
/// elections.
std::string group_prefix(std::size_t group);
/// The name of the member in that position of the processes: the same after a restart.
std::string member_name(std::size_t slot);

}  // namespace tenure::sim
