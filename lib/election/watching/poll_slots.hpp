// The connections of the poll lane, handed out one to a blocking query. A query waits here for a
// connection and not in the transport, where its deadline would already run.
#pragma once

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <list>
#include <tenure/time.hpp>
#include <utility>

#include "runtime/async_condition.hpp"

namespace tenure::impl {

class poll_slots;

/// Waits for a slot and holds it. It has to call poll_slots::leave() before it is destroyed.
class poll_client {
 public:
  poll_client() = default;
  poll_client(const poll_client&) = delete;
  poll_client& operator=(const poll_client&) = delete;
  virtual ~poll_client() = default;

  bool waits_for_slot() const noexcept { return state_ == state::waiting; }
  bool has_slot() const noexcept { return state_ == state::served; }

 protected:
  virtual void on_slot() noexcept = 0;
  /// Whether clients of normal priority go first.
  virtual bool low_priority() const noexcept { return false; }

 private:
  friend class poll_slots;
  enum class state : std::uint8_t { idle, waiting, served };
  state state_ = state::idle;
};

class poll_slots {
 public:
  poll_slots(std::size_t connections, duration wait) noexcept
      : connections_(std::max<std::size_t>(connections, 1)), free_(connections_), wait_(wait) {}

  /// A client outside the watch plan polls now and then, from joined() until left().
  void add_outsider() noexcept { ++others_; }
  void remove_outsider() noexcept { --others_; }

  /// How many queries a plan may have so that each gets a connection. Of many connections two stay
  /// free for the queries of a new plan, which would otherwise wait for polls of the old one.
  std::size_t for_queries() const noexcept {
    const std::size_t taken = others_ + (connections_ >= 16 ? 2 : 0);
    return connections_ > taken ? connections_ - taken : 1;
  }
  /// How long one poll should last so that every client gets a slot within about one wait.
  duration wait() const noexcept {
    const auto rounds = static_cast<std::int64_t>((others_ + connections_) / connections_);
    return std::max<duration>(wait_ / rounds, std::chrono::seconds(1));
  }
  std::size_t free() const noexcept { return free_; }

  void enqueue(poll_client& client) {
    if (client.state_ != poll_client::state::idle) return;
    waiting_.push_back(&client);
    client.state_ = poll_client::state::waiting;
    hand_out();
  }
  /// Gives back the slot, or the place in the queue.
  void give_back(poll_client& client) noexcept {
    const auto was = std::exchange(client.state_, poll_client::state::idle);
    if (was == poll_client::state::waiting) waiting_.remove(&client);
    if (was != poll_client::state::served) return;
    ++free_;
    hand_out();
  }

 private:
  // Normal priority first, then first come, first served.
  void hand_out() noexcept {
    while (free_ > 0 && !waiting_.empty()) {
      auto next = std::find_if(waiting_.begin(), waiting_.end(),
                               [](const poll_client* c) { return !c->low_priority(); });
      if (next == waiting_.end()) next = waiting_.begin();
      poll_client& client = **next;
      waiting_.erase(next);
      --free_;
      client.state_ = poll_client::state::served;
      client.on_slot();
    }
  }

  std::size_t connections_;
  std::size_t free_;
  std::size_t others_ = 0;
  duration wait_;
  std::list<poll_client*> waiting_;
};

}  // namespace tenure::impl
