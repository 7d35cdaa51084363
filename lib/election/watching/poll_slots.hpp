// The connections of the poll lane, handed out one to a blocking query, for all elections objects
// on one set of connections. A query waits here for a connection and not in the transport, where
// its deadline would already run.
//
// With more queries than connections they take turns: a turn is so long that a query without a slot
// waits a few seconds for the next one, and that the slots change hands a few times a second.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <tenure/time.hpp>
#include <vector>

namespace tenure::impl {

class poll_slots;

/// Waits for a slot and holds it. It has to call poll_slots::give_back() before it is destroyed.
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
  std::uint16_t passed_over_ = 0;
};

/// A watch plan, which divides its keys among as many queries as it may have.
class poll_share {
 public:
  poll_share() = default;
  poll_share(const poll_share&) = delete;
  poll_share& operator=(const poll_share&) = delete;

 protected:
  ~poll_share() = default;
  /// poll_slots::for_queries() has changed.
  virtual void on_share_changed() = 0;

 private:
  friend class poll_slots;
  std::size_t wanted_ = 0;
};

class poll_slots {
 public:
  explicit poll_slots(std::size_t connections) noexcept;
  poll_slots(const poll_slots&) = delete;
  poll_slots& operator=(const poll_slots&) = delete;

  // -- shares ------------------------------------------------------------------------------------
  void add(poll_share& plan);
  void remove(poll_share& plan) noexcept;
  /// How many queries the plan would have if there were connections enough.
  void want(poll_share& plan, std::size_t queries);
  /// A client outside the watch plans polls now and then, from add_outsider() until
  /// remove_outsider().
  void add_outsider();
  void remove_outsider() noexcept;

  /// How many queries each plan may have so that each query gets a connection: an equal share, and
  /// what others do not want, but at least 1. Of many connections two stay free for the queries of
  /// a new plan, which would otherwise wait for polls of the old one.
  std::size_t for_queries() const noexcept { return share_; }

  // -- slots -------------------------------------------------------------------------------------
  std::size_t free() const noexcept { return free_; }
  void enqueue(poll_client& client);
  /// Gives back the slot, or the place in the queue.
  void give_back(poll_client& client) noexcept;

  /// Whether a client waits for a slot.
  bool contended() const noexcept { return !waiting_.empty(); }
  /// How long a client may keep its slot: `longest`, or less while others wait.
  duration turn(duration longest) const noexcept;
  /// How long a client waits for a slot before it lists instead.
  duration patience() const noexcept;

 private:
  std::size_t fair_share() const;
  void divide();
  void hand_out() noexcept;

  std::size_t connections_;
  std::size_t free_;
  std::size_t outsiders_ = 0;
  std::size_t share_;
  std::vector<poll_share*> plans_;
  std::list<poll_client*> waiting_;
};

}  // namespace tenure::impl
