// The true history of every key, read from the store itself after every step of the server. No
// process can see it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tenure/time.hpp>
#include <vector>

#include "agent/state/session_entry.hpp"
#include "sim/world.hpp"

namespace tenure::sim {

/// The cause of a change: a process (by its number), or one of these.
using actor = int;
inline constexpr actor operators = -1;   ///< people, with curl
inline constexpr actor the_server = -2;  ///< sessions that expire; the loss of all data
/// The embedded agent starts with nothing. That excuses no overlap: after a stop that was not clean
/// it holds back all locks for as long as a lease may last.
inline constexpr actor agent_restart = -3;
inline constexpr actor first_foreign = 1'000'000;
inline bool is_process(actor a) noexcept { return a >= 0 && a < first_foreign; }

/// The time for which one session held a key.
class holding {
 public:
  std::string session;
  std::uint64_t fence = 0;
  std::uint64_t rank = 0;    ///< grows with the fence, and from one life of the server to the next
  time_point won{};
  time_point lost = time_point::max();
  actor by = the_server;     ///< whose session it is
  bool handed_over = false;  ///< by the holder before: one transaction took it and gave it
};

class key_timeline {
 public:
  std::optional<agent::kv_fields> now;
  std::vector<holding> holdings;    ///< in the order of their fences
  std::vector<time_point> erased;   ///< when the key was deleted, or lost with all data
  std::vector<time_point> emptied;  ///< when an operator wrote an empty value

  const holding* find(const std::string& session, std::uint64_t fence) const noexcept;
  /// The holding before that one; null for the first.
  const holding* before(const holding& later) const noexcept;
  /// The holding of the present holder; null if the key is free.
  const holding* current() const noexcept;
};

/// A change of a key, before and after.
class key_change {
 public:
  const std::string& key;
  const std::optional<agent::kv_fields>& before;
  const std::optional<agent::kv_fields>& after;
  actor by;
};

class ground_truth {
 public:
  explicit ground_truth(world& its_world) : world_(its_world) {}

  void update(const std::string& key, std::optional<agent::kv_fields> now, actor by);
  /// A session exists, and belongs to that process or contender.
  void session_created(const std::string& session, actor by) { owners_[session] = by; }
  /// The server restarted empty.
  void erase_all(actor by);
  /// It did, and its indexes start again.
  void begin_life() noexcept { ++life_; }
  /// The rank of that index in the present life.
  std::uint64_t rank_of(std::uint64_t index) const noexcept { return (life_ << 48) + index; }
  /// An unknown key has an empty history.
  const key_timeline& of(const std::string& key) const;
  /// The present keys below a prefix, in their order.
  std::vector<const agent::kv_fields*> below(const std::string& prefix) const;
  /// Called after every change.
  std::function<void(const key_change&)> changed;

 private:
  world& world_;
  std::map<std::string, key_timeline> keys_;
  std::map<std::string, actor> owners_;  // of sessions
  std::uint64_t life_ = 0;
};

}  // namespace tenure::sim
