// The connections of the poll lane: whoever has a blocking query to make waits here for one, not
// within the transport, where its deadline would run.
#pragma once

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <list>
#include <tenure/time.hpp>
#include <utility>

#include "runtime/async_condition.hpp"

namespace tenure::impl {

class poll_slots;

class poll_client {
 public:
  poll_client() = default;
  poll_client(const poll_client&) = delete;
  poll_client& operator=(const poll_client&) = delete;
  virtual ~poll_client() = default;

  bool has_slot() const noexcept { return has_slot_; }

 protected:
  /// It has been given a turn.
  virtual void on_slot() noexcept = 0;
  /// Whether it can wait better than others.
  virtual bool low_priority() const noexcept { return false; }

 private:
  friend class poll_slots;
  bool in_line_ = false;
  bool has_slot_ = false;
};

class poll_slots {
 public:
  poll_slots(std::size_t connections, duration wait) noexcept
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

  void enqueue(poll_client& who) {
    if (who.in_line_ || who.has_slot_) return;
    line_.push_back(&who);
    who.in_line_ = true;
    hand_out();
  }
  /// Gives back the turn, or the place in line.
  void leave(poll_client& who) noexcept {
    if (std::exchange(who.in_line_, false)) line_.remove(&who);
    if (!std::exchange(who.has_slot_, false)) return;
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
                               [](const poll_client* w) { return !w->low_priority(); });
      if (next == line_.end()) next = line_.begin();
      poll_client& who = **next;
      line_.erase(next);
      --free_;
      who.in_line_ = false;
      who.has_slot_ = true;
      who.on_slot();
    }
  }

  std::size_t connections_;
  std::size_t free_;
  std::size_t others_ = 0;
  duration wait_;
  std::list<poll_client*> line_;
};

/// One turn, for a scope.
class poll_slot final : public poll_client {
 public:
  poll_slot(poll_slots& slots_for_polls, runtime::timers& timers)
      : poll_slots_(slots_for_polls), given_(timers) {}
  ~poll_slot() override { poll_slots_.leave(*this); }

  boost::asio::awaitable<void> taken() {
    poll_slots_.enqueue(*this);
    while (!has_slot()) co_await given_.wait();
  }

 private:
  void on_slot() noexcept override { given_.notify_all(); }

  poll_slots& poll_slots_;
  runtime::async_condition given_;
};

}  // namespace tenure::impl
