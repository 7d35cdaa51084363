// A bounded number of requests of one kind, shared by all elections objects on one set of
// connections. Clients take turns in the order of asking, one request a turn, so that a client with
// thousands of requests delays another by one request and not by all of them.
#pragma once

#include <cstddef>
#include <list>
#include <string>

#include "core/util/invariant.hpp"

namespace tenure::impl {

class turn_queue;

/// Has to call turn_queue::leave() before it is destroyed.
class turn_client {
 public:
  turn_client() = default;
  turn_client(const turn_client&) = delete;
  turn_client& operator=(const turn_client&) = delete;

 protected:
  ~turn_client() = default;
  /// A turn is reserved for it: take() succeeds now. It takes the turn soon, or leaves. It must not
  /// call the queue from here.
  virtual void on_turn() = 0;

 private:
  friend class turn_queue;
  bool waiting_ = false;
  std::size_t reserved_ = 0;
};

class turn_queue {
 public:
  explicit turn_queue(std::size_t turns) noexcept
      : turns_(turns == 0 ? 1 : turns), free_(turns_) {}

  /// Takes a turn. If none is free, the client waits in the queue for one, and the answer is false.
  bool take(turn_client& who) {
    if (who.reserved_ > 0) {
      --who.reserved_;
      return true;
    }
    if (free_ > 0) {  // then no client waits
      --free_;
      return true;
    }
    if (!who.waiting_) waiting_.push_back(&who);
    who.waiting_ = true;
    return false;
  }

  /// The end of a turn that was taken.
  void give_back() {
    core::must(free_ < turns_, "a turn is given back by who took it", [this] {
      return std::to_string(free_) + " of " + std::to_string(turns_) + " turns free, " +
             std::to_string(waiting_.size()) + " clients wait";
    });
    if (waiting_.empty()) {
      ++free_;
      return;
    }
    turn_client& next = *waiting_.front();
    waiting_.pop_front();
    next.waiting_ = false;
    ++next.reserved_;
    next.on_turn();
  }

  /// Whether a client other than this one waits.
  bool others_wait(const turn_client& who) const noexcept {
    return waiting_.size() > (who.waiting_ ? 1U : 0U);
  }

  /// The client has no more requests now: gives up its place and what is reserved for it.
  void leave(turn_client& who) {
    if (who.waiting_) waiting_.remove(&who);
    who.waiting_ = false;
    for (; who.reserved_ > 0; --who.reserved_) give_back();
  }

  std::size_t free() const noexcept { return free_; }

 private:
  const std::size_t turns_;
  std::size_t free_;
  std::list<turn_client*> waiting_;
};

}  // namespace tenure::impl
