// The rules of a hand-over, in which the holder A of a key gives it to B in one transaction:
// [check-index key guard, unlock key A, lock key B]. B begins its term at once, because A's work
// had stopped before the transaction was sent.
//
// What B has to be sure of: that A gave it the key, and that no claim of B was carried out late,
// which would begin a quarantine. Each claim names the index at which B saw the key free. So once B
// has seen another's hold, none of its earlier claims can be carried out any more, as long as the
// key is not deleted: then it has another CreateIndex.
#pragma once

#include <cstdint>
#include <tenure/time.hpp>

#include "core/candidate/key_observation.hpp"
#include "core/lease/lease_rules.hpp"
#include "core/lease/term_lease.hpp"

namespace tenure::core {

// -- B, which gets the key -----------------------------------------------------------------------

/// Whether the key passed directly from a holder that was seen before to the holder in `seen`, the
/// first newer observation. `create_index_before` is that of the key with `holder_before`.
inline bool passed_directly(const session_id& holder_before, std::uint64_t create_index_before,
                            const key_observation& seen) noexcept {
  return seen.held() && !holder_before.empty() && holder_before != seen.session &&
         create_index_before == seen.create_index;
}

/// What our session's hold of a key without a term is.
enum class own_hold : std::uint8_t {
  claimed,   ///< perhaps by the claim that is open: its outcome decides
  received,  ///< handed over: a term may begin
  orphaned,  ///< by a claim that was given up: it is released uncleanly
};

/// `passed`: passed_directly(), of the observation that first showed this hold.
constexpr own_hold judge_hold(bool passed, bool claim_open) noexcept {
  if (claim_open) return own_hold::claimed;
  return passed ? own_hold::received : own_hold::orphaned;
}

enum class first_proof : std::uint8_t {
  answer,  ///< the answer that showed the hold is one: begin at once
  read,    ///< a linearizable read comes first, and its send time counts
};

/// What an answer shows to a request that was sent at `sent_at` and was linearizable was so at some
/// moment after that: if the key is lost, it is lost later. A poll may have been sent long ago, so
/// it has to leave half of the span. Any other answer proves nothing.
inline first_proof first_proof_of(bool linearizable, time_point sent_at, time_point now,
                                  const lease_rules& rules) noexcept {
  const bool enough = rules.lease_end(sent_at) - now >= rules.span() / 2 &&
                      now < rules.stop_at(sent_at);
  return linearizable && enough ? first_proof::answer : first_proof::read;
}

// -- A, which gives it ---------------------------------------------------------------------------

/// Whether A may hand over what it holds: its term began, so its quarantine was over; the term has
/// ended and its work has stopped; and nothing shows that the key was lost.
inline bool may_hand_over(const term_lease& lease) noexcept {
  return lease.stage() == stage::over && lease.began() && !lease.working() && !lease.lost();
}

/// What a linearizable read says after the answer to the hand-over was lost or refused.
enum class hand_over_state : std::uint8_t {
  again,  ///< A's session holds the key: nothing has happened yet
  done,   ///< B's session holds it
  over,   ///< free, or held by a third session: there is nothing to hand over
};

inline hand_over_state hand_over_state_of(const key_observation& seen, const session_id& from,
                                          const session_id& to) noexcept {
  if (!seen.held()) return hand_over_state::over;
  if (seen.session == from) return hand_over_state::again;
  return seen.session == to ? hand_over_state::done : hand_over_state::over;
}

}  // namespace tenure::core
