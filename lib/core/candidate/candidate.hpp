// One candidate in one election, as a state machine. Its inputs are what the user wants, what the
// network answered and what time it is; its output is what to do next. No I/O, clock or randomness.
// The rules that keep two leaders apart are here, in key_history, in term_lease and in lease_rules.
//
// The life of a candidacy, with the stages of its term_lease:
//
//   none -> (claim) -> pending -> leading -> stopping -> over -> (release) -> none
//
// pending: the key is ours, the lease of a predecessor may still run. The key is released only
// after work_stopped().
//
// A key can also be handed over: its holder gives it to our session instead of a release. Then it
// is ours without a claim, and no lease of a predecessor runs. The rules are in hand_over_rules,
// what a candidate does about them in hand_over.cpp.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <tenure/end_reason.hpp>
#include <tenure/time.hpp>

#include "core/util/backoff.hpp"
#include "core/candidate/key_history.hpp"
#include "core/lease/lease_rules.hpp"
#include "core/lease/term_lease.hpp"
#include "core/util/session_id.hpp"

namespace tenure::core {

/// What to do next. At most one request (read, identify, claim, place, clear, release) is in flight
/// at a time: its outcome comes in before the next one is asked for.
enum class action {
  wait,      ///< until wake_at(now), or until the next input
  read,      ///< read the key, linearizably -> read_answered() or read_failed()
  identify,  ///< ask whether the session lives -> identified()
  claim,     ///< try to acquire -> claim_won(), claim_refused() or claim_unknown()
  place,     ///< create the missing key, without a holder -> placed(), place_refused()/_failed()
  clear,     ///< delete that placeholder again -> cleared() or clear_failed()
  release,   ///< release the key -> released(), release_missed() or release_failed()
  begin,     ///< a term has begun
  stop,      ///< the holder has to stop its work
  end,       ///< the term is over
};

enum class claim_refusal { index_moved, lock_delay, session_invalid, failed };

/// How to acquire: if `missing`, on condition that the key does not exist; else on condition that
/// its index is still `index`.
class claim_request {
 public:
  bool missing = false;
  std::uint64_t index = 0;
  session_id session;
};

class release_request {
 public:
  std::uint64_t guard = 0;
  session_id session;
  /// Clean: with an empty value, so that a successor starts at once. Else with a value.
  bool clean = false;
  /// Instead of a release the key may be given to another session in the same transaction: the
  /// term began, so its quarantine was over, and its work has stopped.
  bool may_hand_over = false;
};

/// What candidates with equal candidacies share.
class candidate_rules : public lease_rules {
 public:
  /// `dies_with_session`: see key_history.
  candidate_rules(lease_rules lease, duration its_lock_delay,
                  bool dies_with_its_session = false) noexcept
      : lease_rules(lease), lock_delay(its_lock_delay), dies_with_session(dies_with_its_session) {}
  const duration lock_delay;
  const bool dies_with_session;
};

class candidate {
 public:
  /// The rules must outlive it.
  explicit candidate(const candidate_rules& rules) noexcept;

  // -- the user's wishes -------------------------------------------------------------------------
  void stand() noexcept { wanted_ = true; }
  void withdraw() noexcept { wanted_ = false; }
  bool stands() const noexcept { return wanted_; }
  /// Whether a free key is left to other candidates for now. A claim whose reply was lost is still
  /// repeated until its outcome is known, and a key that is handed over is taken.
  void set_claims_wait(bool wait) noexcept { claims_wait_ = wait; }
  bool claims_wait() const noexcept { return claims_wait_; }
  /// Asks the holder to stop at a safe point, for another candidate; false: not any more.
  void request_hand_over(bool wanted) noexcept { lease_.request_hand_over(wanted); }
  /// The work of the term has stopped. Ends a running term as resigned.
  void work_stopped(time_point now);
  /// The holder has to stop, for a reason of this process (shut_down, health_failed, ...).
  void request_stop(end_reason reason, time_point now);

  // -- the network's answers ---------------------------------------------------------------------
  void session_ready(session_id id);
  void session_gone(const session_id& id, time_point now);
  /// What a holder's session says. The longest span counts until a clean release is seen, the
  /// lock-delay if the session still is the holder.
  void holders_session(const session_id& id, duration span, duration lock_delay) noexcept;
  /// An answer of the watch. It may be linearizable though its request was sent long ago: what it
  /// shows was so at some moment since.
  observation_order observe(const key_observation& seen, time_point now);
  /// A linearizable read is wanted, whatever the watch shows.
  void want_read() noexcept { read_wanted_ = true; }
  /// The outcome of action::read.
  void read_answered(const key_observation& seen, time_point now);
  void read_failed(time_point now, std::uint64_t random);
  /// `alive`: nothing if that could not be found out.
  void identified(std::optional<bool> alive, time_point now);
  void claim_won(const key_observation& won, time_point now, std::uint64_t random);
  void claim_refused(claim_refusal why, time_point now, std::uint64_t random);
  void claim_unknown(time_point now, std::uint64_t random);
  void placed(const key_observation& placeholder, time_point now);
  /// The key exists already.
  void place_refused(time_point now);
  /// Not carried out, or the answer was lost.
  void place_failed(time_point now, std::uint64_t random);
  /// The placeholder is gone, by this request or another.
  void cleared(time_point now);
  /// Not carried out, or the answer was lost.
  void clear_failed(time_point now);
  void released(const key_observation& free, time_point now, std::uint64_t random);
  /// The key was given to another session, as `written` shows.
  void handed_over(const key_observation& written, time_point now);
  /// A hand-over was refused because of its recipient. Nothing happened, and the next try may
  /// differ: without a pause.
  void release_again() noexcept { busy_ = false; }
  void release_missed(time_point now);
  void release_failed(time_point now, std::uint64_t random);

  // -- proofs, and the term's own writes --------------------------------------------------------
  /// Whether a proof makes sense: the key is ours, and no request in flight may move its index.
  bool provable() const noexcept;
  std::uint64_t guard() const noexcept { return held_ ? held_->guard : 0; }
  time_point proven_at() const noexcept { return held_ ? lease_.proven_at() : time_point::min(); }
  /// See term_lease for what is about proofs; here nothing is due while the index may move.
  void want_proof(time_point now) noexcept { lease_.want_proof(now); }
  time_point proof_due() const noexcept {
    return provable() ? lease_.proof_due() : time_point::max();
  }
  bool proof_worthwhile(time_point now) const noexcept {
    return provable() && lease_.proof_worthwhile(now);
  }
  void proof_begun() noexcept { lease_.proof_begun(); }
  void proof_ended(time_point not_before) noexcept { lease_.proof_ended(not_before); }
  /// A linearizable answer to a request sent at `sent_at` found the key at `guard`.
  void proved(std::uint64_t guard, time_point sent_at, time_point now);
  void proof_failed(std::uint64_t guard, time_point now);
  /// A proclaim of the term with that fence is in flight: the index may move by our own hand.
  void proclaim_begun(std::uint64_t fence) noexcept;
  void proclaim_ended(std::uint64_t fence) noexcept;
  void proclaimed(std::uint64_t fence, const key_observation& written, time_point now);

  // -- what to do, and the present state ---------------------------------------------------------
  action next(time_point now);
  /// When to call next() again if nothing happens before; `now` is that of its last call.
  time_point wake_at(time_point now) const noexcept;

  claim_request next_claim() const;
  release_request next_release(time_point now) const;
  /// The index at which action::clear deletes the placeholder; 0: it is gone already.
  std::uint64_t placeholder_index() const noexcept {
    return history_.placeholder() ? history_.modify_index() : 0;
  }

  const term_lease& lease() const noexcept { return lease_; }
  core::stage stage() const noexcept { return lease_.stage(); }
  bool working() const noexcept { return lease_.working(); }
  time_point starts_at() const noexcept {
    return held_ ? quarantine_end(held_->quarantine_from) : time_point{};
  }
  const candidate_rules& rules() const noexcept {
    return static_cast<const candidate_rules&>(lease_.rules());  // kept once: see the constructor
  }
  std::uint64_t fence() const noexcept { return held_ ? held_->fence : 0; }
  /// The key that it holds was handed over to it, and has not changed since.
  bool received() const noexcept { return held_ && history_.passed() && key_is_ours(); }
  const session_id& session() const noexcept { return session_; }
  const session_id& held_by() const noexcept { return held_ ? held_->session : no_session_; }
  std::uint64_t lock_index() const noexcept { return held_ ? held_->lock_index : 0; }
  bool busy() const noexcept { return busy_; }
  /// It will claim as soon as it has a session.
  bool awaits_session() const noexcept {
    return wanted_ && session_.empty() && history_.free() && stage() == stage::none &&
           !claims_wait_ && !busy_;
  }
  /// Holds nothing, has no claim with an open outcome, and no work runs.
  bool idle() const noexcept {
    return !busy_ && !held_ && !open_claim_ && !working() && !key_is_ours();
  }
  /// It can be dropped: nothing of it is left in Consul.
  bool settled() const noexcept { return idle() && !history_.placeholder(); }
  const key_history& history() const noexcept { return history_; }
  /// Who knows the key that a candidate is for, so that a failed assertion can name it.
  static void name_by(std::string (*key_of)(const candidate&)) noexcept { key_of_ = key_of; }
  /// The cluster restarted its indexes: for now it grants no fence above the old ones.
  bool fence_too_low() const noexcept { return fence_too_low_; }

 private:
  class held_lock {
   public:
    session_id session;
    std::uint64_t fence = 0;
    std::uint64_t guard = 0;
    std::uint64_t lock_index = 0;
    time_point quarantine_from{};  ///< time_point::min(): none
  };
  class open_claim {
   public:
    claim_request terms;
    std::uint64_t highest = 0;      ///< of the indexes seen before: the fence must exceed it
    time_point quarantine_from{};   ///< by what was seen when the claim was made
    bool contested = false;   ///< another holder was seen since it was made
    bool overtaken = false;   ///< and the observation that showed it was a newer one
    bool reply_lost = false;  ///< a reply was lost: Consul may carry it out at any moment
  };

  // Assertions, in invariants.cpp. They cost a comparison and allocate only when they fail.
  void must(bool holds, const char* what,
            const std::source_location& where = std::source_location::current()) const noexcept {
    if (!holds) [[unlikely]]
      broken(what, where);
  }
  [[noreturn, gnu::cold]] void broken(const char* what,
                                      const std::source_location& where) const noexcept;
  std::string describe() const;
  void check_state() const noexcept;

  observation_order take_in(const key_observation& seen, time_point now);
  void check_lease(time_point now);
  void lost(end_reason how, time_point now);
  void term_over() noexcept;
  void forget_lock() noexcept;
  void settle_claim(const key_observation& seen, time_point now);
  void review_lock(const key_observation& seen, observation_order verdict, time_point now);
  void take_lock(const key_observation& won, time_point now);
  /// Claims are answered, or a leader was seen.
  void forget_moves() noexcept;
  bool may_receive(const key_observation& seen, observation_order order) const noexcept;
  void receive_lock(const key_observation& seen, time_point now);
  void hold(const key_observation& won, time_point quarantine_from, time_point proven_at);
  bool given_up(const key_observation& after, time_point now);
  action settle_hold();
  time_point quarantine_end(time_point from) const noexcept;
  action next_request(time_point now);
  std::optional<action> next_notice(time_point now);
  bool may_claim(time_point now) const noexcept;
  time_point after_lock_delay(time_point now, std::uint64_t random) noexcept;
  /// By the newest observation. Without held_ it is ours by an open claim, or was handed over, or
  /// Consul carried out a claim after this candidate had given it up.
  bool key_is_ours() const noexcept {
    return !session_.empty() && history_.held_by(session_);
  }

  /// The cluster restarted its indexes: how often to check whether they have caught up.
  static constexpr duration index_patience = std::chrono::seconds(5);

  session_id session_;
  key_history history_;
  duration longest_span_{0};  ///< of those that held the key since its last clean release
  std::optional<held_lock> held_;
  std::unique_ptr<open_claim> open_claim_;  // rare
  time_point retry_at_ = time_point::min();  ///< requests
  time_point claim_not_before_ = time_point::min();

  // There are thousands of candidates: the small ones share a word with those of the lease.
  [[no_unique_address]] term_lease lease_;
  bool wanted_ : 1 = false;
  bool proclaiming_ : 1 = false;  ///< a proclaim of this lock's term is in flight
  bool fence_too_low_ : 1 = false;
  bool busy_ : 1 = false;
  bool read_wanted_ : 1 = false;
  bool look_again_ : 1 = false;  ///< a claim showed that the newest observation is old
  bool moved_ : 1 = false;  ///< the last claim was refused so, and no leader was seen since
  bool place_wanted_ : 1 = false;
  bool claims_wait_ : 1 = false;
  fixed_backoff<50, 5'000> claim_backoff_;
  fixed_backoff<50, 5'000> moved_backoff_;
  fixed_backoff<100, 5'000> request_backoff_;
  fixed_backoff<200, 2'000> lock_delay_backoff_;
  static const session_id no_session_;
  static std::string (*key_of_)(const candidate&);
};

}  // namespace tenure::core
