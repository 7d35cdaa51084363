// Participants with a deadline each. All deadlines of a list are set the same time ahead, so that
// they pass in the order in which they were set.
#pragma once

#include <deque>
#include <tenure/time.hpp>
#include <unordered_map>
#include <utility>

namespace tenure::impl {

class participant;

class deadline_list {
 public:
  void set(participant& who, time_point at) {
    at_[&who] = at;
    order_.emplace_back(&who, at);
  }
  void erase(participant& who) { at_.erase(&who); }
  bool contains(participant& who) const { return at_.contains(&who); }
  bool empty() const noexcept { return at_.empty(); }

  /// The earliest; time_point::max(): none.
  time_point next() {
    drop_stale();
    return order_.empty() ? time_point::max() : order_.front().second;
  }
  /// Removes one whose deadline has passed; null: none has.
  participant* take_passed(time_point now) {
    if (next() > now) return nullptr;
    participant* const who = order_.front().first;
    order_.pop_front();
    at_.erase(who);
    return who;
  }
  /// In the order of the deadlines. `what` may not change the list.
  template <class F>
  void for_each(F what) const {
    for (const auto& [who, at] : order_) {
      const auto known = at_.find(who);
      if (known != at_.end() && known->second == at) what(*who);
    }
  }

 private:
  void drop_stale() {
    while (!order_.empty()) {
      const auto known = at_.find(order_.front().first);
      if (known != at_.end() && known->second == order_.front().second) break;
      order_.pop_front();
    }
  }

  std::unordered_map<participant*, time_point> at_;
  std::deque<std::pair<participant*, time_point>> order_;
};

}  // namespace tenure::impl
