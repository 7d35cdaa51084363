#include "election/watching/poll_slots.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "core/util/invariant.hpp"

namespace tenure::impl {
namespace {

using namespace std::chrono_literals;

// How long a client waits between two turns: the more of them wait, the longer, so that the slots
// change hands at most ten times a second; but not longer than the watch of a key may be late.
constexpr duration gap_per_client = 100ms;
constexpr duration shortest_gap = 1s;
constexpr duration longest_gap = 4s;
// Consul takes no shorter wait that would be worth a request.
constexpr duration shortest_turn = 1s;

duration gap(std::size_t waiting) noexcept {
  return std::clamp<duration>(gap_per_client * static_cast<std::int64_t>(waiting), shortest_gap,
                              longest_gap);
}

}  // namespace

poll_slots::poll_slots(std::size_t connections) noexcept
    : connections_(std::max<std::size_t>(connections, 1)), free_(connections_), share_(1) {
  share_ = fair_share();
}

// -- shares --------------------------------------------------------------------------------------

void poll_slots::add(poll_share& plan) {
  plans_.push_back(&plan);
  divide();
}

void poll_slots::remove(poll_share& plan) noexcept {
  if (std::erase(plans_, &plan) == 1) divide();
}

void poll_slots::want(poll_share& plan, std::size_t queries) {
  if (std::exchange(plan.wanted_, queries) != queries) divide();
}

void poll_slots::add_outsider() {
  ++outsiders_;
  divide();
}

void poll_slots::remove_outsider() noexcept {
  --outsiders_;
  divide();
}

void poll_slots::divide() {
  const std::size_t share = fair_share();
  if (std::exchange(share_, share) == share) return;
  // A plan that learns of its share starts its work later, and so changes nothing here.
  for (poll_share* plan : plans_) plan->on_share_changed();
}

// The most that each plan may have if no plan takes more than it wants.
std::size_t poll_slots::fair_share() const {
  const std::size_t taken = outsiders_ + (connections_ >= 16 ? 2 : 0);
  std::size_t left = connections_ > taken ? connections_ - taken : 1;
  std::vector<std::size_t> wanted;
  wanted.reserve(plans_.size());
  for (const poll_share* plan : plans_) wanted.push_back(plan->wanted_);
  std::sort(wanted.begin(), wanted.end());
  std::size_t most = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const std::size_t equal = left / (wanted.size() - i);
    if (wanted[i] > equal) return std::max<std::size_t>(equal, 1);
    left -= wanted[i];
    most = wanted[i];
  }
  return std::max<std::size_t>(most + left, 1);
}

// -- slots ---------------------------------------------------------------------------------------

void poll_slots::enqueue(poll_client& client) {
  if (client.state_ != poll_client::state::idle) return;
  waiting_.push_back(&client);
  client.state_ = poll_client::state::waiting;
  client.passed_over_ = 0;
  hand_out();
}

void poll_slots::give_back(poll_client& client) noexcept {
  const auto was = std::exchange(client.state_, poll_client::state::idle);
  if (was == poll_client::state::waiting) waiting_.remove(&client);
  if (was != poll_client::state::served) return;
  core::must(free_ < connections_, "a slot is given back by who had it", [this] {
    return std::to_string(free_) + " of " + std::to_string(connections_) + " slots free, " +
           std::to_string(waiting_.size()) + " queries wait";
  });
  ++free_;
  hand_out();
}

// Normal priority first, then first come, first served. The others go first once each connection
// could have changed hands: where clients always wait, they would never be served.
void poll_slots::hand_out() noexcept {
  while (free_ > 0 && !waiting_.empty()) {
    const auto goes_first = [this](const poll_client* c) {
      return !c->low_priority() || c->passed_over_ >= connections_;
    };
    auto next = std::find_if(waiting_.begin(), waiting_.end(), goes_first);
    if (next == waiting_.end()) next = waiting_.begin();
    for (auto passed = waiting_.begin(); passed != next; ++passed) ++(*passed)->passed_over_;
    poll_client& client = **next;
    waiting_.erase(next);
    --free_;
    client.state_ = poll_client::state::served;
    client.on_slot();
  }
}

duration poll_slots::turn(duration longest) const noexcept {
  if (waiting_.empty()) return longest;
  const duration all = gap(waiting_.size()) * static_cast<std::int64_t>(connections_);
  const duration fair = all / static_cast<std::int64_t>(waiting_.size());
  return std::min(std::max(fair, shortest_turn), longest);
}

// Longer than the gap between two turns: a list costs as much as a poll.
duration poll_slots::patience() const noexcept {
  return std::max<duration>(shortest_gap, gap(waiting_.size()) * 3 / 2 - shortest_gap / 2);
}

}  // namespace tenure::impl
