// Groups for the tests of the share plan, and an oracle that knows only what is promised.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "core/group/share_plan.hpp"

namespace tenure::test {

class group_case {
 public:
  std::vector<core::plan_member> members;
  std::vector<core::plan_key> keys;

  core::share_plan plan() const { return {members, keys}; }

  /// `count` more keys with that holder; no_member: free.
  void add_keys(int count, core::member_index holder) {
    for (int i = 0; i < count; ++i) {
      core::plan_key key;
      key.order = core::plan_order("jobs/" + std::to_string(keys.size()));
      key.holder = holder;
      key.free = holder == core::no_member;
      keys.push_back(key);
    }
  }
  std::vector<int> led() const {
    std::vector<int> counts(members.size(), 0);
    for (const core::plan_key& key : keys) {
      if (key.holder < members.size()) ++counts[key.holder];
    }
    return counts;
  }
  /// Consul carries it out.
  void execute(const core::planned_move& move) {
    core::plan_key& key = keys[move.key];
    key.holder = move.to;
    key.free = move.to == core::no_member;
  }
  void execute_all(core::move_kind kind) {
    const core::share_plan made = plan();
    for (const core::planned_move& move : made.moves()) {
      if (move.kind == kind) execute(move);
    }
  }
};

inline std::size_t count_moves(const core::share_plan& plan, core::move_kind kind) {
  const auto count = std::ranges::count(plan.moves(), kind, &core::planned_move::kind);
  return static_cast<std::size_t>(count);
}

/// The share of each member by bisection: N w / W, within its pins and its capacity.
inline std::vector<double> true_shares(const group_case& c, const std::vector<int>& pins) {
  const auto share = [&](std::size_t m, double level) {
    if (!c.members[m].may_lead()) return 0.0;
    const double capacity = std::min<double>(c.members[m].capacity, 1e6);
    return std::clamp(level * c.members[m].weight, std::min<double>(pins[m], capacity), capacity);
  };
  double low = 0;
  double high = 1e9;
  for (int i = 0; i < 200; ++i) {
    const double level = (low + high) / 2;
    double sum = 0;
    for (std::size_t m = 0; m < c.members.size(); ++m) sum += share(m, level);
    (sum < static_cast<double>(c.keys.size()) ? low : high) = level;
  }
  std::vector<double> shares;
  for (std::size_t m = 0; m < c.members.size(); ++m) shares.push_back(share(m, high));
  return shares;
}

/// The fewest elections that members who may lead have to give away, so that all sizes are shares
/// rounded down or up: of all vectors of sizes, by trying each.
inline int fewest_moves(const std::vector<double>& shares, const std::vector<int>& has, int total,
                        std::size_t m = 0) {
  constexpr int impossible = 1'000'000;
  if (m == shares.size()) return total == 0 ? 0 : impossible;
  int best = impossible;
  for (const double rounded : {std::floor(shares[m] + 1e-6), std::ceil(shares[m] - 1e-6)}) {
    const int size = static_cast<int>(rounded);
    const int rest = fewest_moves(shares, has, total - size, m + 1);
    best = std::min(best, rest + std::max(0, has[m] - size));
  }
  return best;
}

/// A group of up to five members, in any state.
inline group_case draw_group(std::mt19937_64& random, int most_keys) {
  const auto below = [&](int n) {
    return static_cast<int>(random() % static_cast<std::uint64_t>(n));
  };
  group_case c;
  const int members = 1 + below(5);
  const bool bounded = below(3) == 0;
  const bool weighted = below(2) == 0;
  const bool pinned = below(3) == 0;
  for (int m = 0; m < members; ++m) {
    core::plan_member member;
    if (weighted) member.weight = static_cast<std::uint32_t>(below(4)) * 50;
    if (bounded && below(2) == 0) member.capacity = static_cast<std::uint32_t>(below(most_keys));
    member.draining = below(8) == 0;
    member.settled = below(6) != 0;
    c.members.push_back(member);
  }
  const int keys = below(most_keys + 1);
  const int favourite = below(members);
  for (int k = 0; k < keys; ++k) {
    const int draw = below(4);
    c.add_keys(1, draw == 0   ? core::no_member
                  : draw == 1 ? static_cast<core::member_index>(favourite)
                              : static_cast<core::member_index>(below(members)));
    if (draw == 0) c.keys.back().free = below(2) == 0;
    if (pinned && below(4) == 0) {
      c.keys.back().pin = static_cast<core::member_index>(below(members));
    }
  }
  return c;
}

}  // namespace tenure::test
