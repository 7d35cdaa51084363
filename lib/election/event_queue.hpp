// The event stream: participants whose state changed since it was last read, each at most once.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <deque>
#include <memory>
#include <tenure/toolkit/async_condition.hpp>
#include <tenure/toolkit/timers.hpp>
#include <utility>

#include "runtime/environment.hpp"
#include "runtime/metering.hpp"

namespace tenure::impl {

class participant;

class event_queue {
 public:
  explicit event_queue(const runtime::environment& env)
      : changed_(*env.timers), counted_(env.metrics, metric::events_queued) {}

  /// A participant adds itself once until it is popped.
  void push(std::shared_ptr<participant> which) {
    if (closed_) return;
    waiting_.push_back(std::move(which));
    counted_.set(waiting_.size());
    changed_.notify_all();
  }
  bool empty() const noexcept { return waiting_.empty(); }
  std::shared_ptr<participant> pop() {
    std::shared_ptr<participant> first = std::move(waiting_.front());
    waiting_.pop_front();
    counted_.set(waiting_.size());
    return first;
  }
  /// Drops what is queued and takes no more: a queued participant keeps its context alive.
  void close() noexcept {
    closed_ = true;
    waiting_.clear();
    counted_.set(0);
  }
  /// Notified by push() and at the shut-down.
  runtime::async_condition& changed() noexcept { return changed_; }

 private:
  std::deque<std::shared_ptr<participant>> waiting_;
  runtime::async_condition changed_;
  runtime::gauge_share counted_;
  bool closed_ = false;
};

}  // namespace tenure::impl
