// A key that is handed over: how a candidate takes or releases it, and how it hands one over.
// The rules, and why they suffice: hand_over_rules.hpp.
#include "core/candidate/candidate.hpp"
#include "core/group/hand_over_rules.hpp"
#include "core/testing/seeded_bug.hpp"

namespace tenure::core {

// -- receiving -----------------------------------------------------------------------------------

/// Whether the newest observation, `seen`, lets this candidate take a key that was handed over to
/// it. While a request is in flight the key waits: the outcome may be that of an older lock.
bool candidate::may_receive(const key_observation& seen, observation_order order) const noexcept {
  const bool shown =
      seen.linearizable || bug_enabled(seeded_bug::receive_without_read);
  return order != observation_order::outdated && shown && key_is_ours() && history_.passed() &&
         wanted_ && !busy_ && !working() && stage() == stage::none;
}

// The term begins at once if `seen` is a proof that leaves time enough; else after the next proof,
// which is due at once. All terms before it are over, so that no span of theirs counts.
void candidate::receive_lock(const key_observation& seen, time_point now) {
  must(!working() && stage() == stage::none, "a key is received after the last term");
  must(history_.passed() || bug_enabled(seeded_bug::receive_with_open_claim),
       "a key is received from another holder");
  longest_span_ = duration{0};
  fence_too_low_ = !history_.exceeds_all();
  const first_proof by = first_proof_of(seen.linearizable, seen.sent_at, now, rules());
  time_point proven_at = by == first_proof::answer ? seen.sent_at : time_point::min();
  if (bug_enabled(seeded_bug::receive_without_read)) proven_at = now;
  hold(seen, time_point::min(), proven_at);
  if (fence_too_low_) claim_not_before_ = now + index_patience;
}

/// What to do about a key that our session holds without a lock of ours and without an open claim.
action candidate::settle_hold() {
  must(!held_ && !open_claim_, "a hold without a lock has no claim either");
  must(!busy_ && key_is_ours(), "a hold of ours is settled by the next request");
  place_wanted_ = false;
  busy_ = true;
  const bool received = judge_hold(history_.passed(), open_claim_ != nullptr) == own_hold::received;
  // No answer at hand proves anything: a read does.
  if (received && wanted_ && !working()) return action::read;
  // Handed over and not wanted: no work has run since its last holder stopped. Work of an older
  // term of ours, which was lost, is an exception: until its lease would have ended, the release is
  // not clean. Otherwise Consul carried out a claim that had been given up, perhaps within the
  // lease of a predecessor.
  held_lock h;
  h.session = session_;
  h.fence = h.guard = history_.modify_index();
  h.quarantine_from = !received   ? time_point::max()
                      : working() ? lease_.proven_at()
                                  : time_point::min();
  held_ = std::move(h);
  proclaiming_ = false;
  lease_.hold_without_term();
  return action::release;
}

// -- handing over --------------------------------------------------------------------------------

// A span that was seen since then is that of the new holder.
void candidate::handed_over(const key_observation& written, time_point now) {
  must(busy_, "an answer belongs to a request in flight");
  must(!working() || !lease_.began() || bug_enabled(seeded_bug::hand_over_working),
       "a key is handed over only after the work has stopped");
  busy_ = false;
  request_backoff_.reset();
  if (given_up(written, now)) longest_span_ = duration{0};
}

/// The lock is released or handed over, as `after` shows. Whether that is the newest that is known.
bool candidate::given_up(const key_observation& after, time_point now) {
  const observation_order order = history_.observe(after, now);
  // Since then it was handed over to us again, as an answer that came first has shown: the lock is
  // given up again, at that index.
  const bool ours_again = order == observation_order::outdated && held_ &&
                          history_.held_by(held_->session);
  if (!ours_again) forget_lock();
  return order == observation_order::newer;
}

}  // namespace tenure::core
