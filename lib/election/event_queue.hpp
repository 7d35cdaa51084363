// The event stream: participants whose state changed since it was last read, each at most once.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <deque>
#include <memory>
#include <tenure/toolkit/async_condition.hpp>
#include <tenure/toolkit/timers.hpp>
#include <utility>

namespace tenure::impl {

class participant;

class event_queue {
 public:
  explicit event_queue(runtime::timers& timers) : changed_(timers) {}

  /// A participant adds itself once until it is popped.
  void push(std::shared_ptr<participant> which) {
    if (closed_) return;
    waiting_.push_back(std::move(which));
    changed_.notify_all();
  }
  bool empty() const noexcept { return waiting_.empty(); }
  std::shared_ptr<participant> pop() {
    std::shared_ptr<participant> first = std::move(waiting_.front());
    waiting_.pop_front();
    return first;
  }
  /// Drops what is queued and takes no more: a queued participant keeps its context alive.
  void close() noexcept {
    closed_ = true;
    waiting_.clear();
  }
  /// Notified by push() and at the shut-down.
  runtime::async_condition& changed() noexcept { return changed_; }

 private:
  std::deque<std::shared_ptr<participant>> waiting_;
  runtime::async_condition changed_;
  bool closed_ = false;
};

}  // namespace tenure::impl
