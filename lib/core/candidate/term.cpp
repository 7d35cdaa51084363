// What a candidate makes of proofs, of the writes of its term, of losses and of deadlines while it
// has the key.
#include "core/candidate/candidate.hpp"

namespace tenure::core {

bool candidate::provable() const noexcept {
  return held_ && !proclaiming_ && lease_.provable();
}

void candidate::proved(std::uint64_t guard, time_point sent_at, time_point now) {
  must(sent_at <= now, "an answer comes after its request");
  check_lease(now);
  if (held_ && held_->guard == guard) lease_.proved(sent_at);
}

void candidate::proof_failed(std::uint64_t guard, time_point now) {
  check_lease(now);
  if (held_ && held_->guard == guard) read_wanted_ = true;
}

void candidate::proclaim_begun(std::uint64_t fence) noexcept {
  if (held_ && held_->fence == fence) proclaiming_ = true;
}

void candidate::proclaim_ended(std::uint64_t fence) noexcept {
  if (held_ && held_->fence == fence) proclaiming_ = false;
}

void candidate::proclaimed(std::uint64_t fence, const key_observation& written, time_point now) {
  if (!held_ || held_->fence != fence) return;
  check_lease(now);
  if (history_.observe(written, now) == observation_order::outdated) {
    read_wanted_ = true;
    return;
  }
  held_->guard = written.modify_index;
  proved(written.modify_index, written.sent_at, now);
}

void candidate::check_lease(time_point now) {
  if (lease_.check(now)) term_over();
}

void candidate::lost(end_reason how, time_point now) {
  if (stage() == stage::pending || stage() == stage::over) {
    forget_lock();
    return;
  }
  if (!lease_.lost()) retry_at_ = time_point::min();
  must(stage() != stage::none, "only a term can be lost");
  const bool sure = how == end_reason::session_lost || how == end_reason::overwritten;
  const loss_cause cause = sure ? loss_cause::final : loss_cause::identify;
  if (lease_.lose(how, cause, now)) term_over();
}

void candidate::identified(std::optional<bool> alive, time_point now) {
  busy_ = false;
  if (lease_.identified(alive, now)) term_over();
}

void candidate::term_over() noexcept {
  if (lease_.lost() && lease_.reason() != end_reason::overwritten) held_.reset();
  // Overwritten: the key is still ours, at the index of that write.
  if (held_ && history_.held_by(held_->session)) held_->guard = history_.modify_index();
}

}  // namespace tenure::core
