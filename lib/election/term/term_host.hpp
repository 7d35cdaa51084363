// What is behind a term's handle. participant (a term of an election) and slot_candidate (a slot of
// a semaphore) derive from it and differ in how they prove and write; waiting for the term's end,
// resigning, proving and taking turns to write are the same.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <tenure/end_reason.hpp>
#include <tenure/log.hpp>
#include <tenure/term.hpp>
#include <tenure/toolkit/async_condition.hpp>

#include "core/lease/term_lease.hpp"
#include "election/term/body_runner.hpp"
#include "election/term/term_state.hpp"
#include "election/request_turns.hpp"
#include "runtime/environment.hpp"

namespace tenure::impl {

struct context;

/// Held weakly by its terms' states.
class term_host : public body_host {
 public:
  explicit term_host(const runtime::environment& env) : changed_(*env.timers) {}
  ~term_host() override;
  term_host(const term_host&) = delete;
  term_host& operator=(const term_host&) = delete;

  /// The running term, or one whose work has not stopped; else an empty one.
  term current() const noexcept;
  const boost::asio::any_io_executor& executor() const noexcept;

  // -- what a handle asks for: see tenure::term --------------------------------------------------
  boost::asio::awaitable<void> wait_stop(std::shared_ptr<term_state> which);
  boost::asio::awaitable<void> wait_hand_over(std::shared_ptr<term_state> which);
  boost::asio::awaitable<end_reason> wait_end(std::shared_ptr<term_state> which);
  boost::asio::awaitable<bool> prove(std::shared_ptr<term_state> which);
  boost::asio::awaitable<end_reason> resign(std::shared_ptr<term_state> which) override;
  /// Goes on in the background when its caller is cancelled, and its caller need not wait longer
  /// than the term lasts.
  boost::asio::awaitable<void> proclaim(std::shared_ptr<term_state> which, std::string value);
  boost::asio::awaitable<void> write(std::shared_ptr<term_state> which, leader_writes writes);

  bool must_stop(const std::shared_ptr<term_state>& which) const noexcept override {
    return over(which) || lease().stop_notified();
  }

 protected:
  // -- what the hosts differ in ------------------------------------------------------------------
  virtual context& shared() const noexcept = 0;
  virtual const core::term_lease& lease() const noexcept = 0;
  virtual std::shared_ptr<term_host> host() noexcept = 0;
  virtual void log(log_level level, std::string_view event) = 0;
  /// The work of the running term has stopped.
  virtual void work_stopped() = 0;
  /// Asks for a proof that is sent no earlier than now.
  virtual void want_proof(time_point now) = 0;
  /// Whether the lock of that term has been given back.
  virtual bool released(const std::shared_ptr<term_state>& which) const noexcept = 0;
  /// Publishes the value, tried again until Consul has taken it. The turn to write is the caller's.
  virtual boost::asio::awaitable<void> proclaim_now(std::shared_ptr<term_state> which,
                                                    std::string value) = 0;
  /// Throws bad_argument for a key that guards the term itself.
  virtual void check_write(const leader_writes::entry& what) const = 0;
  virtual boost::asio::awaitable<void> write_now(std::shared_ptr<term_state> which,
                                                 leader_writes writes) = 0;

  /// The key and the state, for the message of an assertion that failed.
  virtual std::string describe() const = 0;

  // -- the term's life ---------------------------------------------------------------------------
  /// The lease has begun: makes the term's state.
  void begin_term(const key_name& key, const core::session_id& session, std::uint64_t fence);
  /// The notices of the lease to its holder.
  void stop_work();
  void end_term();
  /// Shows the lease to the threads that hold handles.
  void publish_lease() noexcept;

  bool over(const std::shared_ptr<term_state>& which) const noexcept {
    return term_ != which || which->reason.load(std::memory_order_relaxed) != end_reason::none;
  }
  void check_not_over(const std::shared_ptr<term_state>& which) const;
  /// Waits for a connection to write on, by `deadline`. Throws timed_out if there is none by then,
  /// and not_leading if the term has ended.
  boost::asio::awaitable<request_turns::turn> connection_for(std::shared_ptr<term_state> which,
                                                           time_point deadline);
  /// If no body runs, nothing will report that the work stopped: it counts as stopped.
  void leave_work();

  std::shared_ptr<term_state> term_;  ///< from its begin until its work has stopped
  runtime::async_condition changed_;
  body_runner body_;

 private:
  class counted;
  class proclaim_turn;
  class stop_request;
  struct proclaim_result;

  void request_stop_tokens();
  boost::asio::awaitable<void> wait_to_write(std::shared_ptr<term_state> which);
  boost::asio::awaitable<void> wait_to_proclaim(std::shared_ptr<term_state> which);
  boost::asio::awaitable<void> wait_released(std::shared_ptr<term_state> which);
  boost::asio::awaitable<void> proclaim_in_turn(std::shared_ptr<term_state> which,
                                                std::string value,
                                                std::shared_ptr<proclaim_result> result);
};

}  // namespace tenure::impl
