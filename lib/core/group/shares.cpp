#include "core/group/shares.hpp"

#include <algorithm>

namespace tenure::core {
namespace {

class division {
 public:
  division(std::span<const plan_member> members, std::span<const member_holding> holdings,
           std::uint32_t elections)
      : members_(members), holdings_(holdings), shares_(members.size()), rest_(elections) {
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (!members[i].may_lead()) continue;
      open_.push_back(i);
      weight_ += members[i].weight;
    }
  }

  std::vector<member_share> run() {
    while (!open_.empty() && fix_bounded()) {}
    round_shares();
    choose_sizes();
    return std::move(shares_);
  }

 private:
  /// The share of an open member, times the sum of the open weights.
  std::uint64_t scaled_share(std::size_t i) const noexcept { return rest_ * members_[i].weight; }
  std::uint64_t scaled_pins(std::size_t i) const noexcept {
    return holdings_[i].pinned * weight_;
  }
  std::uint64_t scaled_capacity(std::size_t i) const noexcept {
    return members_[i].capacity * weight_;
  }

  /// Fixes the share of members that are bound by their pins or their capacity, and returns whether
  /// there were any. With both kinds the one that is further off comes first: what it leaves to the
  /// others may free those of the other kind.
  bool fix_bounded() {
    std::uint64_t too_small = 0;
    std::uint64_t too_large = 0;
    for (const std::size_t i : open_) {
      const std::uint64_t share = scaled_share(i);
      if (share < scaled_pins(i)) too_small += scaled_pins(i) - share;
      if (share > scaled_capacity(i)) too_large += share - scaled_capacity(i);
    }
    if (too_small == 0 && too_large == 0) return false;
    const std::uint64_t rest = rest_;
    const std::uint64_t weight = weight_;
    std::vector<std::size_t> still_open;
    for (const std::size_t i : open_) {
      const std::uint64_t share = rest * members_[i].weight;
      const bool pins = too_small >= too_large && share < holdings_[i].pinned * weight;
      const bool full = too_large >= too_small && share > members_[i].capacity * weight;
      if (!pins && !full) {
        still_open.push_back(i);
        continue;
      }
      const std::uint32_t fixed = pins ? holdings_[i].pinned : members_[i].capacity;
      shares_[i] = {.least = fixed, .most = fixed, .size = fixed};
      rest_ -= fixed;
      weight_ -= members_[i].weight;
    }
    open_ = std::move(still_open);
    return true;
  }

  void round_shares() {
    for (const std::size_t i : open_) {
      const auto least = static_cast<std::uint32_t>(scaled_share(i) / weight_);
      const std::uint32_t up = scaled_share(i) % weight_ == 0 ? 0 : 1;
      shares_[i] = {.least = least, .most = least + up, .size = 0};
    }
  }

  /// Members that hold more than their share round it up, the others down; then as many change
  /// sides as the sum requires, those with the largest fraction to the larger size. That order does
  /// not depend on what they hold.
  void choose_sizes() {
    std::uint64_t sum = 0;
    for (const std::size_t i : open_) {
      const std::uint32_t has = holdings_[i].pinned + holdings_[i].held;
      shares_[i].size = std::clamp(has, shares_[i].least, shares_[i].most);
      sum += shares_[i].size;
    }
    std::ranges::stable_sort(open_, [this](std::size_t a, std::size_t b) {
      return scaled_share(a) % weight_ > scaled_share(b) % weight_;
    });
    for (const std::size_t i : open_) {
      if (sum >= rest_) break;
      sum += shares_[i].most - shares_[i].size;
      shares_[i].size = shares_[i].most;
    }
    for (auto i = open_.rbegin(); i != open_.rend() && sum > rest_; ++i) {
      sum -= shares_[*i].size - shares_[*i].least;
      shares_[*i].size = shares_[*i].least;
    }
  }

  std::span<const plan_member> members_;
  std::span<const member_holding> holdings_;
  std::vector<member_share> shares_;
  std::vector<std::size_t> open_;  ///< members whose share is not fixed
  std::uint64_t rest_;             ///< elections for the open members
  std::uint64_t weight_ = 0;       ///< the sum of their weights
};

}  // namespace

std::vector<member_share> divide_elections(std::span<const plan_member> members,
                                           std::span<const member_holding> holdings,
                                           std::uint32_t elections) {
  return division(members, holdings, elections).run();
}

}  // namespace tenure::core
