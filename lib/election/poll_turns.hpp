// Blocking queries take turns on the connections of the poll lane: where there are more watches
// than connections, each query is asked to be short, and none waits for a connection with its
// deadline running.
#pragma once

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <memory>
#include <tenure/time.hpp>

#include "runtime/wait_list.hpp"

namespace tenure::impl {

class poll_turns {
 public:
  poll_turns(std::size_t connections, duration wait, runtime::timers& timers)
      : free_(std::max<std::size_t>(connections, 1)),
        connections_(free_),
        wait_(wait),
        line_(std::make_shared<runtime::wait_list>(timers)) {}

  /// A watch: it has turns for as long as it lives.
  void joined() noexcept { ++watches_; }
  void left() noexcept { --watches_; }

  /// How long the next query should last, so that every watch has its turn within about one wait.
  duration wait() const noexcept {
    const auto rounds = static_cast<std::int64_t>((watches_ + connections_ - 1) / connections_);
    return std::max<duration>(wait_ / std::max<std::int64_t>(rounds, 1), std::chrono::seconds(1));
  }

  boost::asio::awaitable<void> acquire() {
    if (free_ > 0) {
      --free_;
      co_return;
    }
    co_await runtime::wait_in(line_, time_point::max());
  }
  /// The turn goes to whoever has waited longest: a watch that asks again at once comes behind
  /// them.
  void release() noexcept {
    if (!line_->notify_one()) ++free_;
  }

 private:
  std::size_t free_;
  std::size_t connections_;
  std::size_t watches_ = 0;
  duration wait_;
  std::shared_ptr<runtime::wait_list> line_;
};

/// Holds a turn, and gives it back.
class poll_turn {
 public:
  explicit poll_turn(poll_turns& turns) noexcept : turns_(turns) {}
  poll_turn(const poll_turn&) = delete;
  poll_turn& operator=(const poll_turn&) = delete;
  ~poll_turn() { turns_.release(); }

 private:
  poll_turns& turns_;
};

}  // namespace tenure::impl
