// What is behind tenure::semaphore: one contender for a slot, with a session of its own. One task
// decides (run), one renews the session, one watches the prefix; a proof is a task of its own so
// that no answer is waited for where a deadline passes.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tenure/candidacy.hpp>
#include <tenure/semaphore.hpp>

#include "consul/client.hpp"
#include "election/context.hpp"
#include "core/util/backoff.hpp"
#include "core/lease/lease_rules.hpp"
#include "core/semaphore/slots.hpp"
#include "election/term/body_runner.hpp"
#include "election/watching/poll_slots.hpp"
#include "election/term/term_host.hpp"
#include "election/term/term_state.hpp"
#include "runtime/async_condition.hpp"
#include "runtime/environment.hpp"
#include "runtime/task_scope.hpp"

namespace tenure::impl {

/// The semaphore's keys as one answer shows them. `good` is false where `.lock` is not what it must
/// be, and `holders` then is empty.
class semaphore_reading : public core::semaphore_state {
 public:
  bool good = true;
};
semaphore_reading read_semaphore(const std::string& prefix,
                               const std::vector<consul::kv_entry>& entries);

class slot_candidate final : public term_host, public std::enable_shared_from_this<slot_candidate> {
 public:
  slot_candidate(std::shared_ptr<context> shared, std::string prefix, std::size_t slots,
                 candidacy how);
  ~slot_candidate() override;

  const std::string& prefix() const noexcept { return prefix_; }
  std::size_t limit() const noexcept { return limit_; }
  term current() const noexcept { return working_ ? term(term_) : term(); }
  tenure::standing standing() const noexcept;
  std::size_t occupied() const noexcept;
  const error_code& last_error() const noexcept { return last_error_; }

  boost::asio::awaitable<term> acquire();
  boost::asio::awaitable<end_reason> hold(body_function body);
  boost::asio::awaitable<void> leave();

  // -- the term's side ---------------------------------------------------------------------------
  boost::asio::awaitable<void> wait_stop(std::shared_ptr<term_state> which) override;
  boost::asio::awaitable<end_reason> wait_end(std::shared_ptr<term_state> which) override;
  boost::asio::awaitable<end_reason> resign(std::shared_ptr<term_state> which) override;
  boost::asio::awaitable<void> proclaim(std::shared_ptr<term_state> which,
                                        std::string value) override;
  boost::asio::awaitable<void> write(std::shared_ptr<term_state> which,
                                     leader_writes writes) override;
  boost::asio::awaitable<bool> prove(std::shared_ptr<term_state> which) override;

  // -- the engine's side -------------------------------------------------------------------------
  /// Its whole life; returns when it has left and nothing is held any more.
  boost::asio::awaitable<void> run();
  /// Stops contending for ever and tells the holder of a slot to stop; where no body of hold() is
  /// to be waited for and `work_stopped`, the slot is let go at once.
  void stop(end_reason why, bool work_stopped);
  /// Until it has left, but no longer than until `give_up` or until the lease has ended.
  boost::asio::awaitable<void> wait_finished(time_point give_up);

 private:
  boost::asio::awaitable<void> live();
  boost::asio::awaitable<void> contend();
  boost::asio::awaitable<void> open_session();
  boost::asio::awaitable<void> enroll();
  boost::asio::awaitable<bool> take_slot();
  boost::asio::awaitable<bool> claim();
  boost::asio::awaitable<bool> look();
  boost::asio::awaitable<void> serve();
  boost::asio::awaitable<void> let_go(bool key_too);
  boost::asio::awaitable<bool> let_go_once(bool key_too);
  boost::asio::awaitable<void> farewell();
  boost::asio::awaitable<void> renew();
  boost::asio::awaitable<void> watch();
  boost::asio::awaitable<consul::kv_list> next_sight();
  boost::asio::awaitable<void> prove_once(std::shared_ptr<term_state> which);
  boost::asio::awaitable<void> learn_span(std::string session);
  boost::asio::awaitable<void> own_turn(std::shared_ptr<term_state> which);
  boost::asio::awaitable<void> wait_let_go(std::shared_ptr<term_state> which);
  boost::asio::awaitable<void> pause(core::backoff& failures);

  void observe(const semaphore_reading& seen);
  void begin(std::uint64_t fence, time_point proven_at);
  void end(end_reason why);
  void tell_stop();
  void take_proof(const consul::txn_result& answer);
  void proved(time_point sent_at, std::uint64_t lock_index);
  void session_gone(const std::string& id);
  void heed_deadlines();
  void work_stopped();
  time_point lease_end() const noexcept;
  time_point proof_due() const noexcept;
  time_point next_deadline() const noexcept;
  bool going_on() const noexcept {
    return term_ && term_->reason.load(std::memory_order_relaxed) == end_reason::none;
  }
  bool over(const std::shared_ptr<term_state>& which) const noexcept {
    return term_ != which || which->reason != end_reason::none;
  }
  bool wants() const noexcept { return wanted_ && !left_; }
  std::string lock_key() const { return prefix_ + "/.lock"; }
  std::string own_key() const { return prefix_ + "/" + session_; }
  time_point now() const noexcept { return env_->timers->now(); }
  void log(log_level level, std::string_view what);

  const std::shared_ptr<context> shared_;
  const std::shared_ptr<const runtime::environment> env_;
  consul::client& client_;
  poll_slots& poll_slots_;
  const std::string prefix_;
  const std::size_t limit_;
  const candidacy how_;
  const core::lease_rules rules_;
  std::string value_;
  core::slots slots_;
  runtime::async_condition changed_;
  runtime::task_scope tasks_;
  error_code last_error_;
  error_code refusal_;  ///< why acquire() cannot succeed, until it is asked anew
  std::string refusal_text_;

  std::string session_;
  bool session_alive_ = false;
  time_point renew_at_ = time_point::max();
  std::uint64_t index_ = 0;       ///< of the newest answer of the watch
  bool look_again_ = true;        ///< what was seen last may not be the truth any more
  bool good_ = true;              ///< `.lock` is a semaphore's, or not there
  bool enrolled_ = false;         ///< the contender key may be there
  bool named_ = false;            ///< `.lock` may name us
  std::set<std::string> asked_;   ///< holders whose spans were asked for

  std::shared_ptr<term_state> term_;  ///< from begin() until its slot was let go
  time_point proven_at_{};
  std::uint64_t lock_index_ = 0;  ///< of `.lock`, when last proven
  bool proving_ = false;
  time_point proof_not_before_ = time_point::min();
  end_reason asked_to_stop_ = end_reason::none;
  bool wanted_ = false;    ///< acquire() waits
  bool left_ = false;
  bool working_ = false;   ///< a slot was handed out, and its work has not stopped
  bool finished_ = false;
  body_runner body_;   // of hold()
};

}  // namespace tenure::impl
