// Rule S5: no write of an old leader lands after one of a newer leader, and the reported result of
// a write is the true one.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tenure/term.hpp>

#include "sim/ground_truth.hpp"
#include "sim/tracked_term.hpp"
#include "sim/world.hpp"

namespace tenure::sim {

enum class write_result : std::uint8_t { done, not_done, unknown };

class write_checker {
 public:
  write_checker(world& its_world, const ground_truth& truth) : world_(its_world), truth_(truth) {}

  /// A guarded write starts; its id.
  std::uint64_t begin();
  /// The library reported its result.
  void end(std::uint64_t id, write_result reported);
  /// The key that the leader of an election writes, and the value by which the checker recognizes a
  /// write.
  static std::string data_key(const std::string& election) { return "data/" + election; }
  static std::string write_text(const tenure::term& t, std::uint64_t id);
  static bool is_data_key(const std::string& key) { return key.starts_with("data/"); }

  /// A write to another store, which compares fences and knows nothing of sessions.
  void fenced_write(const tracked_term& t);

  /// A data key changed in the store.
  void landed(const key_change& change);
  /// After the shutdown: compares every reported result with the store once more.
  void final_check();

 private:
  class tracked_write {
   public:
    bool landed = false;
    bool reported = false;
    write_result result = write_result::unknown;
  };
  void check(std::uint64_t id, const tracked_write& w);

  world& world_;
  const ground_truth& truth_;
  std::map<std::string, std::uint64_t> ranks_;  // the greatest that the other store has seen
  std::map<std::uint64_t, tracked_write> writes_;
  std::uint64_t last_id_ = 0;
};

}  // namespace tenure::sim
