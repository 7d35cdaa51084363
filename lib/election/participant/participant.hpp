// One election as this process takes part in it: drives core::candidate. A participant is all that
// an idle election costs; a coroutine exists only while one of its requests is in flight.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tenure/candidacy.hpp>
#include <tenure/elections.hpp>
#include <tenure/toolkit/timers.hpp>

#include "core/candidate/candidate.hpp"
#include "election/participant/hand_over.hpp"
#include "election/participant/profile.hpp"
#include "election/request_error.hpp"
#include "election/sessions/batched_key.hpp"
#include "election/sessions/session_pool.hpp"
#include "election/sessions/span_cache.hpp"
#include "election/term/term_host.hpp"
#include "election/watching/watcher.hpp"

namespace tenure::impl {

/// The key as it was last read. Its holder is in the candidate's history, and a value that is our
/// own is not kept twice.
class last_seen_value {
 public:
  std::uint64_t fence = 0;                   ///< 0: the key had no holder
  std::unique_ptr<const std::string> value;  ///< null: our own
  friend bool operator==(const last_seen_value& a, const last_seen_value& b) noexcept {
    return a.fence == b.fence && (a.value ? b.value && *a.value == *b.value : !b.value);
  }
};

class participant final : public key_watcher,
                          public term_host,
                          public batched_key,
                          private runtime::timer {
 public:
  participant(std::shared_ptr<const profile> how, std::string key);
  ~participant() override;

  const std::string& key() const noexcept override { return key_.text(); }
  const key_name& name() const noexcept { return key_; }
  const candidacy& how() const noexcept { return profile_->how; }

  // -- the user's side (election, term) ----------------------------------------------------------
  boost::asio::awaitable<term> campaign();
  boost::asio::awaitable<end_reason> lead(body_function body);
  void stand();
  void withdraw();
  void set_healthy(bool healthy);

  // -- its group's side --------------------------------------------------------------------------
  bool in_group() const noexcept { return profile_->group != nullptr; }
  /// Its place in the group's plan. The group sets it, once the participant is complete.
  std::uint32_t seat() const noexcept { return seat_; }
  void set_seat(std::uint32_t seat);
  /// Whether the plan leaves a free key to another member for now. At first a participant of a
  /// group waits.
  void set_claims_wait(bool wait);
  /// The plan wants another member to lead: see term::hand_over_wanted(). Only if can_hand_over().
  void request_hand_over();
  /// The plan does not want that any more, or the body took too long.
  void withdraw_hand_over();
  bool hand_over_wanted() const noexcept { return fsm_.lease().hand_over_requested(); }
  /// Asks the holder to stop, without asking whether it is a good moment; it stands on.
  void stop_term(end_reason why);
  const core::key_history& history() const noexcept { return fsm_.history(); }
  core::stage stage() const noexcept { return fsm_.stage(); }
  /// It stands (its user wants to lead, its health gate is open, it has not left).
  bool stands() const noexcept { return fsm_.stands(); }
  /// It leads, and its body can be asked for a hand-over now: not pending, not stopping.
  bool can_hand_over() const noexcept { return fsm_.stage() == core::stage::leading; }
  /// The member to which it handed its key over last; empty: it has not, since its last term began.
  const std::string& handed_to() const noexcept;
  tenure::standing standing() const noexcept;
  std::string session() const;
  std::optional<leader> last_seen() const;
  const error_code& last_error() const noexcept { return error_.code(); }
  event take_event();

  // -- the engine's side -------------------------------------------------------------------------
  bool is_participant() const noexcept override { return true; }
  // In a group the plan may leave the key to another member.
  bool claims_when_free() const noexcept override { return stands() && !in_group(); }
  std::weak_ptr<participant> weak() noexcept {
    return std::static_pointer_cast<participant>(weak_from_this().lock());
  }
  void on_key_changed(const consul::kv_result& answer) override;
  bool on_notice(const consul::kv_result& answer, std::uint64_t guard) override;
  void on_watch_error(const error_code& why, const std::string& detail) override;
  void session_ready(const std::string& id) override;
  void session_lost(const std::string& id) override;
  void session_failed(const consul::answer_base& failed) override;
  void session_renewed(time_point sent_at) override;
  std::weak_ptr<session_user> weak_user() noexcept override { return weak(); }
  void learnt_of_holder(const std::string& session, const holder_session& says);

  /// The operation that was queued, as of now; nothing if there is nothing left to release.
  std::optional<lock_op> make_lock_op(lock_op::kind what) override;
  void lock_op_done(const lock_op& which, const lock_outcome& outcome) override;

  /// When the next proof of the key is due; time_point::max(): none.
  time_point proof_due() const noexcept override { return fsm_.proof_due(); }
  bool proof_worthwhile(time_point now) const noexcept override {
    return fsm_.proof_worthwhile(now);
  }
  duration proof_timeout() const noexcept override { return fsm_.rules().proof_timeout(); }
  std::uint64_t begin_proof() noexcept override;
  std::string proof_session() const override { return fsm_.held_by().text(); }
  void proof_done(std::uint64_t guard, time_point sent_at) override;
  void proof_missed(std::uint64_t guard, missed_with others) override;
  void proof_put_off(time_point until, const error_code& why, time_point asked) override;

  /// Stops standing for ever and asks the holder of a term to stop. In a group the key is then
  /// handed over.
  void stop(end_reason why);
  /// Its group is about to leave: no term begins any more, and it releases keys that are handed to
  /// it.
  void begin_no_term();
  /// Like stop(), for a handle that leaves: without a running body the work counts as stopped, and
  /// the key is released.
  void leave();
  /// The same, and the key is handed over.
  void leave_with_group();
  bool left() const noexcept { return left_; }
  /// Gives up its watch and its session, once it is settled.
  void detach() noexcept;
  /// From now on it is not counted among the elections entered.
  void uncount() noexcept;
  bool idle() const noexcept { return fsm_.idle(); }  ///< see core::candidate
  bool holds_nothing() const noexcept { return fsm_.settled(); }
  /// Nothing waits for it any more: it holds nothing, or the token may not release what it holds.
  bool settled() const noexcept {
    return holds_nothing() || (left_ && release_refused_ && !working() && !fsm_.busy());
  }
  bool working() const noexcept override { return fsm_.working(); }
  time_point lease_end() const noexcept { return fsm_.lease().lease_end(); }
  runtime::async_condition& changed() noexcept { return changed_; }

 private:
  class campaign_scope;
  struct seen_holder {
    bool known = false;  ///< the key was observed
    core::session_id session;
  };
  static constexpr std::uint32_t no_seat = std::numeric_limits<std::uint32_t>::max();

  std::shared_ptr<participant> self();
  const runtime::environment& env() const noexcept { return *shared().env; }

  // -- term_host ---------------------------------------------------------------------------------
  context& shared() const noexcept override { return *profile_->shared; }
  const core::term_lease& lease() const noexcept override { return fsm_.lease(); }
  std::shared_ptr<term_host> host() noexcept override { return self(); }
  void log(log_level level, std::string_view event) override { log(level, event, {}); }
  void log(log_level level, std::string_view event, std::span<const log_field> more);
  /// A line about the term with this fence; 0: about none.
  void log_of(std::uint64_t fence, log_level level, std::string_view event,
              std::span<const log_field> more);
  void work_stopped() override;
  void want_proof(time_point now) override;
  bool released(const std::shared_ptr<term_state>& which) const noexcept override {
    return fsm_.fence() != which->fence;
  }
  boost::asio::awaitable<void> proclaim_now(std::shared_ptr<term_state> which,
                                            std::string value) override;
  void check_write(const leader_writes::entry& what) const override;
  boost::asio::awaitable<void> write_now(std::shared_ptr<term_state> which,
                                         leader_writes writes) override;

  /// Why a campaign that was called then has failed; null: it has not.
  const request_error* refusal_since(time_point called) const noexcept;
  /// Carries out what the state machine asks for, until it has to wait.
  void advance();
  void execute(core::action action);
  void publish(time_point now);
  void note_seen(const consul::kv_result& answer);
  /// Whether another process holds the key under our own value.
  void review_name();
  void end_name_conflict() noexcept;
  void note_event();
  void record_quarantine(time_point now) const noexcept;
  void begin();
  void update_standing();
  void name_in_assertions() noexcept;
  /// For the message of an assertion that failed.
  std::string describe() const override;
  void attach_session();
  void learn_of(const std::string& session);

  boost::asio::awaitable<void> do_read();
  void read_unless_lost(const std::string& session, std::uint64_t guard,
                        std::optional<bool> alive);
  void identify(const std::string& session);
  void identified(const std::string& session, std::optional<bool> alive);
  void acquire_done(const lock_op& which, const lock_outcome& outcome, time_point now);
  void release_done(const lock_op& which, const lock_outcome& outcome, time_point now);
  std::optional<lock_op> make_placeholder_op(lock_op::kind what) const;
  void place_done(const lock_outcome& outcome, time_point now);
  void clear_done(const lock_outcome& outcome, time_point now);

  bool seated() const noexcept { return seat_ != no_seat; }
  void leave_seat() noexcept;
  void report_seat() noexcept;
  seen_holder holder() const noexcept;
  /// The history has taken in an observation or a write.
  void note_holder(const seen_holder& before);
  /// The work of a term has stopped.
  void prepare_hand_over(time_point now);
  /// To whom the key that is to be released goes instead; null: it is released.
  const recipient* next_holder(time_point now);
  void hand_over_answered(const lock_outcome& outcome, time_point now);
  void handed_over(const lock_outcome& outcome, time_point now);
  void hand_over_refused(const lock_outcome& outcome, time_point now);
  void note_hand_over(time_point now);
  /// Whether the holder of the key shows what became of a hand-over.
  void review_hand_over(time_point now);

  boost::asio::awaitable<request_turns::turn> connection_between_proofs(
      std::shared_ptr<term_state> which);
  boost::asio::awaitable<bool> proclaim_seen(std::uint64_t fence, std::uint64_t guard,
                                             std::string value);

  const std::shared_ptr<const profile> profile_;
  const key_name key_;
  core::candidate fsm_;
  session_pool::pooled session_;
  last_seen_value seen_;
  request_error error_;  ///< of the last request

 public:
  // The engine's. Beside the other small members: there are thousands of participants.
  std::uint32_t index_in_engine = 0;
  bool retiring = false;  ///< it is forgotten when it is settled

 private:
  std::uint32_t seat_ = no_seat;
  std::unique_ptr<hand_over> hand_over_;
  tenure::standing told_standing_ = tenure::standing::watching;
  bool event_pending_ : 1 = false;  ///< it is in the event queue
  bool seen_any_ : 1 = false;       ///< seen_ is valid
  bool standing_ : 1 = false;       ///< stand() was called
  bool streamed_ : 1 = false;       ///< and the event stream may have a reader
  bool campaigning_ : 1 = false;    ///< campaign() waits
  bool watch_refused_ : 1 = false;  ///< the watch may not read the key, by its last report
  bool healthy_ : 1 = true;         ///< the gate of set_healthy() is open
  bool left_ : 1 = false;           ///< it stands no more
  bool release_refused_ : 1 = false;  ///< the token may not release the key: do not wait for it
  bool counted_ : 1 = true;         ///< its standing is counted
  bool begins_no_term_ : 1 = false;
  bool name_conflict_ : 1 = false;  ///< another process holds the key under our own value
  bool plain_release_ : 1 = false;  ///< the key is released and not handed over
  bool lock_op_inflight_ : 1 = false;  ///< in the lock queue, or sent
  bool advancing_ : 1 = false;
  bool advance_again_ : 1 = false;
  std::uint32_t missed_ = 0;
};

}  // namespace tenure::impl
