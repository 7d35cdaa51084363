// Rule L6: after the death of a member, while nothing else fails, no election of its group is moved
// to a member that has not settled. Needless moves are counted: an election that is handed over
// twice, or by a member that gets some, or to one that gives some.
#pragma once

#include <map>
#include <set>
#include <string>

#include "sim/ground_truth.hpp"
#include "sim/world.hpp"

namespace tenure::sim {

class needless_moves {
 public:
  needless_moves(world& its_world, const ground_truth& truth) : world_(its_world), truth_(truth) {}

  /// From now on it checks every hand-over.
  void start() noexcept { running_ = true; }
  void stop() noexcept { running_ = false; }
  /// A key of that group went from one session to another.
  void handed_over(const std::string& group, const std::string& key, const std::string& from,
                   const std::string& to);

 private:
  bool settled(const std::string& group, const std::string& session) const;

  world& world_;
  const ground_truth& truth_;
  std::set<std::string> keys_, givers_, getters_;
  bool running_ = false;
};

}  // namespace tenure::sim
