// What really happened to every key, as no process can know it: taken from the store itself after
// every step of the server.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tenure/time.hpp>
#include <vector>

#include "agent/records.hpp"
#include "sim/world.hpp"

namespace tenure::sim {

/// Who made the server do something: a process (by its number), or one of these.
using actor = int;
inline constexpr actor operators = -1;   ///< people, with curl
inline constexpr actor the_server = -2;  ///< sessions that expire
inline constexpr actor first_foreigner = 1'000'000;
inline bool is_process(actor a) noexcept { return a >= 0 && a < first_foreigner; }

/// One session holding one key, from the write that took it.
class spell {
 public:
  std::string session;
  std::uint64_t fence = 0;
  time_point won{};
  time_point lost = time_point::max();
  actor by = the_server;
};

class key_truth {
 public:
  std::optional<agent::kv_fields> now;
  std::vector<spell> spells;              ///< in the order of their fences
  std::vector<time_point> erased;         ///< when the key was deleted
  std::vector<time_point> emptied;        ///< when somebody who is no holder left it free and empty
  time_point unclean_since = time_point::min();

  const spell* find(const std::string& session, std::uint64_t fence) const noexcept;
  /// The spell of the present holder; none where nobody holds the key.
  const spell* current() const noexcept;
};

/// A change of a key, before and after.
class key_change {
 public:
  const std::string& key;
  const std::optional<agent::kv_fields>& before;
  const std::optional<agent::kv_fields>& after;
  actor by;
};

class truth {
 public:
  explicit truth(world& its_world) : world_(its_world) {}

  void update(const std::string& key, std::optional<agent::kv_fields> now, actor by);
  /// The server began another life, with nothing in it.
  void erase_all(actor by);
  const key_truth& of(const std::string& key) { return keys_[key]; }
  /// Told of every change, after it was taken in.
  std::function<void(const key_change&)> changed;

 private:
  world& world_;
  std::map<std::string, key_truth> keys_;
};

}  // namespace tenure::sim
