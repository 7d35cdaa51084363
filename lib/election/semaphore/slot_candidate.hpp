// What is behind tenure::semaphore: one candidate for a slot, with its own session. One task
// decides (run), one watches the prefix, one at a time proves; the lease of the slot is a
// core::term_lease, as an election's is.
//
// Each attempt goes through the same steps: a session, the contender key (enroll), a slot in
// `.lock` (take_slot), the term (serve), and the way back (let_go).
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <set>
#include <source_location>
#include <string>
#include <tenure/candidacy.hpp>
#include <tenure/semaphore.hpp>
#include <tenure/toolkit/task_scope.hpp>

#include "consul/client.hpp"
#include "core/lease/term_lease.hpp"
#include "core/semaphore/slots.hpp"
#include "core/util/backoff.hpp"
#include "election/context.hpp"
#include "election/request_error.hpp"
#include "election/semaphore/semaphore_keys.hpp"
#include "election/sessions/consul_session.hpp"
#include "election/sessions/session_user.hpp"
#include "election/term/term_host.hpp"
#include "election/watching/prefix_watch.hpp"
#include "runtime/metering.hpp"

namespace tenure::impl {

class slot_candidate final : public term_host,
                             public session_user,
                             private prefix_watch::receiver,
                             public std::enable_shared_from_this<slot_candidate> {
 public:
  slot_candidate(std::shared_ptr<context> shared, std::string prefix, std::size_t slots,
                 candidacy how);
  ~slot_candidate() override;

  // -- the user's side ---------------------------------------------------------------------------
  const std::string& prefix() const noexcept { return keys_.prefix(); }
  std::size_t limit() const noexcept { return limit_; }
  tenure::standing standing() const noexcept;
  std::size_t occupied() const noexcept { return slots_.occupied(session_id_, now()); }
  const error_code& last_error() const noexcept { return error_.code(); }

  boost::asio::awaitable<term> acquire();
  boost::asio::awaitable<end_reason> hold(body_function body);
  boost::asio::awaitable<void> leave();
  void leave_in_background();

  // -- the engine's side -------------------------------------------------------------------------
  /// Its whole life; returns when it has left and holds nothing any more.
  boost::asio::awaitable<void> run();
  /// Stops contending for ever and asks the holder of a slot to stop.
  void stop(end_reason why);
  /// Until the work has stopped, or the lease has ended.
  boost::asio::awaitable<void> wait_for_work();
  /// Until it has left, but no longer than until `give_up`.
  boost::asio::awaitable<void> wait_finished(time_point give_up);

  // -- session_user ------------------------------------------------------------------------------
  void session_ready(const std::string& id) override;
  void session_lost(const std::string& id) override;
  void session_failed(const consul::answer_base& failed) override;
  bool working() const noexcept override { return lease_.working(); }
  std::weak_ptr<session_user> weak_user() noexcept override { return weak_from_this(); }

 private:
  class waiting_acquire;

  // -- term_host ---------------------------------------------------------------------------------
  context& shared() const noexcept override { return *shared_; }
  const core::term_lease& lease() const noexcept override { return lease_; }
  std::shared_ptr<term_host> host() noexcept override { return shared_from_this(); }
  void log(log_level level, std::string_view event) override;
  void work_stopped() override;
  void want_proof(time_point now) override;
  bool released(const std::shared_ptr<term_state>& which) const noexcept override {
    return term_ != which;
  }
  boost::asio::awaitable<void> proclaim_now(std::shared_ptr<term_state> which,
                                            std::string value) override;
  void check_write(const leader_writes::entry& what) const override;
  boost::asio::awaitable<void> write_now(std::shared_ptr<term_state> which,
                                         leader_writes writes) override;

  // -- the attempt -------------------------------------------------------------------------------
  boost::asio::awaitable<void> live();
  boost::asio::awaitable<void> wait_left();
  boost::asio::awaitable<void> attempt();
  boost::asio::awaitable<void> rest();
  void start_session();
  boost::asio::awaitable<void> end_session();
  boost::asio::awaitable<void> replace_session();
  boost::asio::awaitable<void> enroll();
  boost::asio::awaitable<bool> take_slot();
  boost::asio::awaitable<bool> claim();
  boost::asio::awaitable<void> wait_refused();
  boost::asio::awaitable<void> wait_for_indexes();
  boost::asio::awaitable<void> let_go();
  boost::asio::awaitable<bool> let_go_once();
  boost::asio::awaitable<void> pause(core::backoff& failures);

  // -- what is seen ------------------------------------------------------------------------------
  /// Whether the session locks the contender key: only then the prefix is watched.
  void set_enrolled(bool enrolled) noexcept;
  void contender_key_gone();
  void on_list(const consul::kv_list& answer) override;
  void on_list_error(const consul::kv_list& answer) override;
  bool shows_own_key(const consul::kv_list& answer, const semaphore_reading& seen) const;
  void observe_lock_only(const semaphore_reading& seen);
  bool observe_slots(const semaphore_reading& seen);
  template <class F>
  void tell_all(F what);
  boost::asio::awaitable<bool> own_key_is_gone();
  boost::asio::awaitable<bool> look();
  bool observe(const semaphore_reading& seen);
  void ask_span(const std::string& session);

  // -- the term ----------------------------------------------------------------------------------
  boost::asio::awaitable<void> serve();
  boost::asio::awaitable<void> prove_once(std::shared_ptr<term_state> which);
  void take_proof(const consul::txn_result& answer, std::optional<end_reason> lost);
  void proved(time_point sent_at, std::uint64_t lock_modified);
  void lose(end_reason how);
  void advance();

  /// The session of this attempt lives.
  bool session_alive() const noexcept {
    return session_ && !session_id_.empty() && session_->id() == session_id_;
  }
  bool wants() const noexcept { return wanted_ && !left_; }
  void note(const consul::answer_base& answer);
  /// Why an acquire() that was called then has failed; null: it has not.
  const request_error* refusal_since(time_point called) const noexcept;
  boost::asio::awaitable<consul::txn_result> write_once(std::vector<consul::txn_op> ops);
  time_point now() const noexcept { return shared_->now(); }
  /// See core/util/invariant.hpp.
  void must(bool holds, const char* what,
            const std::source_location& where = std::source_location::current()) const noexcept {
    if (!holds) [[unlikely]]
      broken(what, where);
  }
  [[noreturn, gnu::cold]] void broken(const char* what,
                                      const std::source_location& where) const noexcept;
  std::string describe() const override;

  const std::shared_ptr<context> shared_;
  const semaphore_keys keys_;
  const std::size_t limit_;
  const candidacy how_;
  const core::lease_rules rules_;
  core::slots slots_;
  core::term_lease lease_;
  runtime::gauge_share counted_;
  prefix_watch watch_;
  runtime::task_scope tasks_;
  std::shared_ptr<consul_session> session_;  ///< from acquire() on, until it rests
  std::unique_ptr<runtime::task_scope> session_tasks_;
  request_error error_;  ///< of the last request
  error_code refusal_;   ///< why acquire() cannot succeed, until the next one asks again
  std::string refusal_text_;

  std::string session_id_;   ///< of this attempt
  std::string value_;        ///< of the contender key
  bool look_again_ = true;   ///< what was seen last may be outdated
  bool good_ = true;         ///< `.lock` is a semaphore's, or does not exist
  bool enrolled_ = false;    ///< the session locks the contender key, as far as this one knows
  bool looks_dead_ = false;  ///< others have seen, or may have, the session without its key
  bool key_remains_ = false;  ///< the contender key may exist, also one that an operator released
  bool named_ = false;       ///< `.lock` may name this session
  std::set<std::string> asked_;   ///< holders whose spans are being asked for
  std::uint64_t lock_modified_ = 0;  ///< of `.lock`, when last proven
  std::uint64_t proofs_ = 0;         ///< that have confirmed the slot
  bool wanted_ = false;    ///< acquire() waits
  bool left_ = false;
  bool finished_ = false;
};

}  // namespace tenure::impl
