// One blocking query that is repeated: it lists, then polls with the index of the last answer, and
// so on. It knows when to ask; what to ask and what becomes of the answers is for its hooks.
//
// It begins with a plain list, on the lane of requests. While others wait for a slot it gives its
// slot back when its turn is over, and polls on from the same index in its next turn, so that no
// change between the turns is lost. Without a slot for a while it lists. After a failure it lists
// as well, with a backoff. An index that goes backwards starts it over: the server lost its state.
// Answers in quick succession cost a pause. So does the answer of a poll that comes before its wait
// is over and has no newer index, which Consul gives after a restart at most: a longer one each
// time, until a poll lasts.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <tenure/error.hpp>
#include <tenure/time.hpp>
#include <tenure/toolkit/async_condition.hpp>

#include "core/util/backoff.hpp"
#include "election/watching/poll_slots.hpp"
#include "runtime/environment.hpp"
#include "runtime/metering.hpp"

namespace tenure::impl {

/// What a blocking query has to know of an answer that its hooks have delivered.
class query_answer {
 public:
  error_code error;
  std::string detail;
  std::uint64_t index = 0;
  bool missing = false;  ///< there is no such key, or none below the prefix
};

/// When answers come so often that each costs a pause.
struct storm_rule {
  /// An answer that comes within this time of its request is quick. Pauses begin with it, too.
  duration quick = std::chrono::milliseconds(20);
  std::uint64_t allowed = 4;  ///< quick answers in a row that cost no other pause
  /// The pause after each answer with a change, quick or not: what the answer wakes goes first, and
  /// further changes are collected. A change after a quiet poll is still reported at once.
  duration after_change{0};
};

/// The owner of a blocking query. Each method may end watchers, but not destroy the query.
class query_hooks {
 public:
  query_hooks() = default;
  query_hooks(const query_hooks&) = delete;
  query_hooks& operator=(const query_hooks&) = delete;

  /// The key or the prefix, for the message of an assertion that failed.
  virtual std::string watched() const = 0;
  /// Reads the present state and delivers it.
  virtual boost::asio::awaitable<query_answer> list() = 0;
  /// How long one poll lasts at most.
  virtual duration longest_poll() const noexcept = 0;
  /// Waits for a change after `index`, at most `wait`, and delivers it.
  virtual boost::asio::awaitable<query_answer> poll(std::uint64_t index, duration wait) = 0;
  /// A request failed; the next one follows after a pause.
  virtual void on_query_error(const query_answer& answer) = 0;
  /// It waited for a slot in vain, for poll_slots::patience(), and lists instead.
  virtual void on_no_slot() noexcept {}
  /// The end of run(), cancelled or not: the slot is given back already.
  virtual void on_query_ended() noexcept {}

  virtual storm_rule storm() const noexcept = 0;
  /// Whether other queries should get a slot first.
  virtual bool low_priority() const noexcept { return false; }
  /// Asked after each poll of a retired query: whether it has to poll once more.
  virtual bool keep_polling() noexcept { return false; }

 protected:
  ~query_hooks() = default;
};

class blocking_query final : private poll_client {
 public:
  /// The slots and the hooks have to outlive the query.
  blocking_query(std::shared_ptr<const runtime::environment> env, poll_slots& slots,
                 query_hooks& hooks);

  /// Lists and polls until it is cancelled (terminal) or retired. The owner keeps it alive.
  boost::asio::awaitable<void> run();
  bool running() const noexcept { return running_; }

  /// Ends run() with the answer that it waits for: a poll is never dropped, because the server
  /// would keep its slot until the wait is over.
  void retire() noexcept;
  /// Takes retire() back while run() goes on.
  void revive() noexcept { retired_ = false; }
  bool retired() const noexcept { return retired_; }

  /// Asks no more after the present answer, until resume(); then it begins with a list.
  void pause() noexcept { paused_ = true; }
  void resume() noexcept;

  /// Whether its next request is a list in any case, which shows everything.
  bool will_list() const noexcept { return index_ == 0 || failing_; }
  using poll_client::has_slot;
  using poll_client::waits_for_slot;

  // Claims (attempts to acquire) by this process for what the query watches. The next poll waits
  // for their outcome, for a while: each of them would end it, and it returns every key.
  void lock_op_begun() noexcept { ++inflight_lock_ops_; }
  void lock_op_answered() noexcept;
  void forget_claims() noexcept;

 private:
  enum class request : std::uint8_t { list, poll };
  class running_mark;

  void on_slot() noexcept override;
  bool low_priority() const noexcept override { return hooks_.low_priority(); }
  boost::asio::awaitable<void> wait_resumed();
  boost::asio::awaitable<void> wait_claims();
  boost::asio::awaitable<void> wait_slot();
  boost::asio::awaitable<query_answer> ask(request how);
  duration after_error(const query_answer& answer);
  duration after_answer(const query_answer& answer, request how, time_point asked,
                        bool wanted_poll) noexcept;
  bool lasted(time_point asked) const noexcept;
  std::string describe() const;
  void give_back_slot() noexcept;
  void count_slot() noexcept;
  void count(request how, const query_answer& answer) const noexcept;
  duration poll_wait() noexcept;
  bool turn_goes_on() const noexcept;
  duration pause_after(const query_answer& answer, request how, time_point asked,
                       bool changed) noexcept;
  time_point now() const noexcept { return env_->timers->now(); }

  const std::shared_ptr<const runtime::environment> env_;
  poll_slots& slots_;
  query_hooks& hooks_;
  runtime::async_condition changed_;
  runtime::gauge_share slots_used_;
  runtime::gauge_share slots_awaited_;
  core::backoff failures_;        ///< the pauses between failures
  core::backoff hollow_answers_;  ///< and between polls that ended early for nothing
  std::uint64_t index_ = 0;
  std::uint64_t quick_answers_ = 0;
  std::size_t inflight_lock_ops_ = 0;
  time_point turn_began_ = time_point::min();  ///< min: with the next poll
  bool answered_ = false;                      ///< at least once
  bool failing_ = false;   ///< the last request failed
  bool running_ = false;
  bool retired_ = false;
  bool paused_ = false;
};

}  // namespace tenure::impl
