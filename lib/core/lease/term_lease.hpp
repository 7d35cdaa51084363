// The lease of one term, from the moment at which its lock is held until that is let go. A state
// machine like core::candidate: no I/O, no clock, no randomness. Terms of elections and of
// semaphores' slots live by it.
//
//   none -> pending -> leading -> stopping -> over -> none
//
// pending: the lock is held, the term has not begun. stopping: the holder has to stop its work, the
// lease may still run. over: it does not any more. A lock that never gets a term goes from pending
// to over without a notice.
//
// The holder of a term gets two notices: stop, then end. Its work counts as running from begin()
// until work_stopped(), which may come after the end.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <tenure/end_reason.hpp>
#include <tenure/time.hpp>

#include "core/lease/lease_rules.hpp"

namespace tenure::core {

enum class stage : std::uint8_t { none, pending, leading, stopping, over };

/// What the holder of a term has to learn now.
enum class notice { none, stop, end };

/// Whether the reason of a loss is final, or may turn out to be that the session died.
enum class loss_cause { final, identify };

/// How long the end of a lost term waits to learn whether its session died. Only the name of the
/// reason waits: before that the lease is closed and the holder has its notice to stop.
inline constexpr duration identify_within = std::chrono::milliseconds(500);

class term_lease {
 public:
  /// The rules must outlive it.
  explicit term_lease(const lease_rules& rules) noexcept : rules_(&rules) {}

  // -- before the term and after it -------------------------------------------------------------
  /// The lock is held, by an answer to a request that was sent at `sent_at`.
  void lock_won(time_point sent_at) noexcept;
  /// A lock that shall not get a term.
  void hold_without_term() noexcept;
  /// pending -> over: the lock gets no term.
  void give_up_lock() noexcept { stage_ = stage::over; }
  /// Whether a pending term that begins now has time to work.
  bool may_begin(time_point now) const noexcept {
    return stage_ == stage::pending && now < rules_->stop_at(proven_at_);
  }
  void begin() noexcept;
  /// -> none: lock and term are gone.
  void clear() noexcept { stage_ = stage::none; }

  // -- what happens. Each returns whether the term has ended by it --------------------------------
  /// Takes note of deadlines that have passed.
  bool check(time_point now) noexcept;
  /// The holder has to stop, for a reason of this process (shut_down, health_failed, ...).
  bool request_stop(end_reason reason, time_point now) noexcept;
  /// Whether a running term that ends by work_stopped() ends as handed_over.
  void request_hand_over(bool wanted) noexcept { hand_over_ = wanted; }
  bool hand_over_requested() const noexcept {
    return hand_over_ && stage_ == core::stage::leading;
  }
  /// The work of the term has stopped. Ends a running term as resigned, or as handed_over.
  bool work_stopped(time_point now) noexcept;
  /// The lock is not ours any more: closes the lease at once. For a term that has begun and is not
  /// over.
  bool lose(end_reason how, loss_cause cause, time_point now) noexcept;
  /// Whether the session lives; nothing where that could not be found out.
  bool identified(std::optional<bool> alive, time_point now) noexcept;
  /// Whether identified() is wanted.
  bool wants_identify() const noexcept { return identify_; }

  /// The next notice, which counts as given.
  notice next_notice() noexcept;
  /// The next instant at which check() changes something; time_point::max(): none.
  time_point deadline() const noexcept;

  // -- proofs ------------------------------------------------------------------------------------
  /// Whether a proof can prolong the lease.
  bool provable() const noexcept {
    return !lost_ && (stage_ == stage::pending || stage_ == stage::leading);
  }
  /// A linearizable answer to a request sent at `sent_at` found that the lock was ours.
  void proved(time_point sent_at) noexcept {
    if (provable()) proven_at_ = std::max(proven_at_, sent_at);
  }
  /// Asks for a proof that is sent no earlier than now.
  void want_proof(time_point now) noexcept { proof_wanted_ = std::max(proof_wanted_, now); }
  /// When the next proof has to be sent; time_point::max(): none is wanted, or one is in flight.
  time_point proof_due() const noexcept;
  /// Whether a proof is useful that goes out now, though it may be due a little later.
  bool proof_worthwhile(time_point now) const noexcept;
  void proof_begun() noexcept { proof_inflight_ = true; }
  /// The next proof is not sent before `not_before`; time_point::min(): no pause.
  void proof_ended(time_point not_before) noexcept {
    proof_inflight_ = false;
    proof_not_before_ = not_before;
  }
  bool proof_inflight() const noexcept { return proof_inflight_; }

  // -- state -------------------------------------------------------------------------------------
  /// What must hold between any two calls; else this process cannot trust its lease.
  bool consistent() const noexcept;
  core::stage stage() const noexcept { return stage_; }
  /// While leading or stopping: until when no other process acts; time_point::min() otherwise.
  time_point lease_end() const noexcept;
  time_point stop_at() const noexcept;
  time_point proven_at() const noexcept { return proven_at_; }
  const lease_rules& rules() const noexcept { return *rules_; }
  /// A term was begun for this lock.
  bool began() const noexcept { return began_; }
  /// A term was begun and its work has not stopped yet.
  bool working() const noexcept { return working_; }
  /// lose() was called: the lease is closed, whatever was proven.
  bool lost() const noexcept { return lost_; }
  /// The holder has had its notice to stop.
  bool stop_notified() const noexcept { return stop_notified_; }
  /// Why this term has to stop or has ended; none before.
  end_reason reason() const noexcept { return reason_; }
  /// Why the last term ended, as its holder learned it; none while one runs.
  end_reason last_end() const noexcept { return last_end_; }

 private:
  bool open() const noexcept {
    return !lost_ && (stage_ == stage::leading || stage_ == stage::stopping);
  }
  bool proof_wanted() const noexcept { return proof_wanted_ > proven_at_; }
  bool end(end_reason reason) noexcept;

  const lease_rules* rules_;
  time_point proven_at_ = time_point::min();
  time_point identify_by_{};
  time_point proof_wanted_ = time_point::min();
  time_point proof_not_before_ = time_point::min();

  // Small members last: core::candidate packs its bit-fields into the same word.
  core::stage stage_ = stage::none;
  end_reason reason_ = end_reason::none;
  end_reason last_end_ = end_reason::none;
  bool began_ : 1 = false;
  bool working_ : 1 = false;
  bool stop_notified_ : 1 = false;
  bool end_notified_ : 1 = false;
  bool lost_ : 1 = false;
  bool identify_ : 1 = false;  ///< lost, and the reason may still change
  bool proof_inflight_ : 1 = false;
  bool hand_over_ : 1 = false;
};

}  // namespace tenure::core
