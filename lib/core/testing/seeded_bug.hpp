// Mistakes that the simulation, or a case made for the rule, must find: each is a way in which the
// rules that keep two leaders apart could have been got wrong. In production `bug_enabled` is a
// constant false and leaves no trace. In a variant of the objects, compiled with
// TENURE_SEEDED_BUGS, a test can enable one of them to see that the checkers find it.
#pragma once

#include <cstdint>

namespace tenure::core {

enum class seeded_bug : std::uint8_t {
  none,
  no_quarantine,            ///< a successor starts as soon as it holds the key
  missing_since_seen,       ///< the quarantine of a missing key counts from when it was seen
  no_placeholder,           ///< a missing key gets none, so that a take-over takes two spans
  placeholder_is_clean,     ///< the writer of a placeholder waits for no lease
  clean_within_quarantine,  ///< who leaves in its quarantine says that it was a clean release
  lease_from_reply,         ///< a proof counts from when its answer arrived
  renewal_is_proof,         ///< a renewed session is taken for a held key
  fence_is_lock_index,
  unguarded_unlock,       ///< a release without check-index
  unguarded_proclaim,     ///< a proclaim without check-index
  session_guards_write,   ///< a leader's write with check-session, without check-index
  release_before_stop,    ///< the key goes before the body has ended
  lost_reply_is_failure,  ///< a write whose answer was lost is said not to have happened
  renewal_on_shared_lane,
  no_stop,  ///< the body is not told to stop before its lease ends
  hand_over_pending,        ///< a key is handed over within the quarantine of its holder
  hand_over_working,        ///< a key is handed over while the holder's work runs on
  receive_without_read,     ///< a received term counts from when an answer arrived, of any poll
  receive_with_open_claim,  ///< what a late claim acquired is taken for a hand-over
  hand_over_to_any_session,  ///< a key is handed to a session that is no member's any more
  trust_any_notice,         ///< a notice is believed, whatever was seen of its key before
  notices_left,             ///< a member's key is deleted without its notices
  plan_skips_dead,          ///< the plan of a group leaves out keys that a dead session holds
  plan_ignores_settling,    ///< a member takes part in voluntary moves as soon as it has joined
  slot_of_dead_is_free,     ///< the slot of a holder that was seen dead is taken at once
  slot_trusts_vanished,     ///< a name that is gone from `.lock` frees its slot at once
  slot_forgets_holders,     ///< holders whose names went with `.lock` itself do not count
  slot_late_answer_counts,  ///< an answer that may be older replaces what was seen before
  slot_limit_of_dead_forgotten,  ///< a holder that may be dead does not count for the limit
  slot_of_late_claim,       ///< a slot begins, also if another had one since the claim
  slot_without_index,       ///< `.lock` is written whatever it has become
  slot_proven_by_watch,     ///< an answer of the watch, perhaps an old one, proves a slot
  slot_lost_reply_is_won,   ///< a claim of a slot whose answer was lost is taken for carried out
  slot_lease_from_reply,    ///< the proof of a slot counts from when its answer arrived
  ends_by_each_timeout,     ///< at the end of a shut-down each request has a time-out for itself
  clean_stop_in_lease,  ///< the agent calls its stop clean while the lease of a lost lock may run
};

#ifdef TENURE_SEEDED_BUGS
bool bug_enabled(seeded_bug m) noexcept;
/// From now on this mistake is made, and no other.
void enable_bug(seeded_bug m) noexcept;
#else
constexpr bool bug_enabled(seeded_bug) noexcept { return false; }
#endif

}  // namespace tenure::core
