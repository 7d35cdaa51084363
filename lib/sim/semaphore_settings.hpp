// The semaphores of a run: how many, with how many slots, and what operators do to their keys.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tenure/time.hpp>

#include "sim/dice.hpp"

namespace tenure::sim {

class semaphore_settings {
 public:
  static semaphore_settings draw(dice& draw);

  std::size_t semaphores = 0;  ///< each process is a contender for one slot of each
  std::size_t slots = 1;       ///< of each semaphore
  /// What half of the contenders take that number for, until the faults end; 0: all agree.
  std::size_t other_slots = 0;
  /// Mean times between the deeds of operators; zero: never.
  duration remove_lock{0};       ///< they delete `.lock`
  duration overwrite_lock{0};    ///< they write over it: text, nothing, some holders, an old one
  duration remove_contender{0};  ///< they delete a contender key
  duration destroy_holder{0};    ///< they destroy the session of a holder
  duration restore{0};           ///< they take a snapshot, or restore the last one

  bool any() const noexcept { return semaphores != 0; }
  std::string summary() const;
};

/// The prefix of the semaphore of that number.
std::string semaphore_prefix(std::size_t semaphore);
/// Its key that names the holders.
std::string semaphore_lock(std::size_t semaphore);
/// The number of the semaphore to which the key belongs; nothing: it belongs to none.
std::optional<std::size_t> semaphore_of(std::string_view key);
/// The key that holders of slots write under guard, and whether a key is one.
std::string slot_data_key(std::size_t semaphore);
bool is_slot_data(std::string_view key);

}  // namespace tenure::sim
