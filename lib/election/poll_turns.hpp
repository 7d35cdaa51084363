// The connections of the poll lane: whoever has a blocking query to make waits here for one, not
// within the transport, where its deadline would run.
#pragma once

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <list>
#include <tenure/time.hpp>
#include <utility>

#include "runtime/condition.hpp"

namespace tenure::impl {

class poll_turns;

class poll_waiter {
 public:
  poll_waiter() = default;
  poll_waiter(const poll_waiter&) = delete;
  poll_waiter& operator=(const poll_waiter&) = delete;
  virtual ~poll_waiter() = default;

  bool has_turn() const noexcept { return has_turn_; }

 protected:
  /// It has been given a turn.
  virtual void turn_given() noexcept = 0;
  /// Whether it can wait better than others.
  virtual bool patient() const noexcept { return false; }

 private:
  friend class poll_turns;
  bool in_line_ = false;
  bool has_turn_ = false;
};

class poll_turns {
 public:
  poll_turns(std::size_t connections, duration wait) noexcept
      : connections_(std::max<std::size_t>(connections, 1)), free_(connections_), wait_(wait) {}

  /// Somebody beside the shards who polls now and then, as long as it lives.
  void joined() noexcept { ++others_; }
  void left() noexcept { --others_; }

  /// How many shards there may be, to have a connection each; of many connections two are kept
  /// free for shards of a new plan, which would wait for a poll of the old one to end.
  std::size_t for_shards() const noexcept {
    const std::size_t taken = others_ + (connections_ >= 16 ? 2 : 0);
    return connections_ > taken ? connections_ - taken : 1;
  }
  /// How long a query should last, so that everybody has a turn within about one wait.
  duration wait() const noexcept {
    const auto rounds = static_cast<std::int64_t>((others_ + connections_) / connections_);
    return std::max<duration>(wait_ / rounds, std::chrono::seconds(1));
  }
  std::size_t free() const noexcept { return free_; }

  void line_up(poll_waiter& who) {
    if (who.in_line_ || who.has_turn_) return;
    line_.push_back(&who);
    who.in_line_ = true;
    hand_out();
  }
  /// Gives back the turn, or the place in line.
  void leave(poll_waiter& who) noexcept {
    if (std::exchange(who.in_line_, false)) line_.remove(&who);
    if (!std::exchange(who.has_turn_, false)) return;
    ++free_;
    hand_out();
  }
  template <class Which>
  std::size_t waiting(Which which) const {
    return static_cast<std::size_t>(std::count_if(line_.begin(), line_.end(), which));
  }

 private:
  // First the impatient, each in the order of asking.
  void hand_out() noexcept {
    while (free_ > 0 && !line_.empty()) {
      auto next = std::find_if(line_.begin(), line_.end(),
                               [](const poll_waiter* w) { return !w->patient(); });
      if (next == line_.end()) next = line_.begin();
      poll_waiter& who = **next;
      line_.erase(next);
      --free_;
      who.in_line_ = false;
      who.has_turn_ = true;
      who.turn_given();
    }
  }

  std::size_t connections_;
  std::size_t free_;
  std::size_t others_ = 0;
  duration wait_;
  std::list<poll_waiter*> line_;
};

/// One turn, for a scope.
class poll_turn final : public poll_waiter {
 public:
  poll_turn(poll_turns& turns, boost::asio::any_io_executor executor, runtime::timers& timers)
      : turns_(turns), given_(std::move(executor), timers) {}
  ~poll_turn() override { turns_.leave(*this); }

  boost::asio::awaitable<void> taken() {
    turns_.line_up(*this);
    while (!has_turn()) co_await given_.wait();
  }

 private:
  void turn_given() noexcept override { given_.notify_all(); }

  poll_turns& turns_;
  runtime::condition given_;
};

}  // namespace tenure::impl
