// The arithmetic of a lease. Its one question: until when, on this computer's clock, can no other
// process act as leader?
//
// The argument. A proof is a linearizable answer that the key was still ours, to a request sent at
// R. So the key was lost, if at all, at some D >= R. A successor sees it free at some O >= D and
// waits until O + span. Hence no other process acts before R + span, whatever the cause of the
// loss; Consul's TTL, its lock-delay and the health of any watch play no part. The holder stops
// earlier than R + span: by as much as its clock may be slow (drift), and by a margin for its last
// steps.
#pragma once

#include <algorithm>
#include <tenure/time.hpp>

namespace tenure::core {

/// How much slower than the successors' the holder's clock may run: one part in a hundred.
inline constexpr std::int64_t drift_parts = 100;
inline constexpr duration least_span = std::chrono::milliseconds(500);
inline constexpr duration least_margin = std::chrono::milliseconds(50);

class lease_rules {
 public:
  lease_rules(duration span, duration stop_budget) noexcept
      : span_(span), stop_budget_(stop_budget) {}

  duration span() const noexcept { return span_; }
  duration stop_budget() const noexcept { return stop_budget_; }

  static constexpr duration margin_of(duration span) noexcept {
    return std::max(least_margin, span / 50);
  }
  /// The longest stop budget: it leaves about a third of the span to the work, with room for one
  /// lost proof.
  static constexpr duration most_stop_budget(duration span) noexcept {
    return span * 2 / 3 - margin_of(span);
  }
  static constexpr duration default_stop_budget(duration span) noexcept {
    return std::min<duration>(std::chrono::seconds(5), span / 3);
  }

  /// When a lease ends whose last proof was sent at `proof_sent`.
  time_point lease_end(time_point proof_sent) const noexcept {
    return proof_sent + span_ - span_ / drift_parts - margin_of(span_);
  }
  /// When its holder has to stop.
  time_point stop_at(time_point proof_sent) const noexcept {
    return lease_end(proof_sent) - stop_budget_;
  }
  /// How often to prove: every third of the span, or more often if the holder would have to stop
  /// before a second try.
  duration proof_interval() const noexcept { return std::min(span_ / 3, working_time() / 2); }
  /// How long to wait for the answer: there is time for one more try after it.
  duration proof_timeout() const noexcept { return (working_time() - proof_interval()) / 2; }
  /// When a successor may start that saw the key free at `seen_free`, and not cleanly released.
  time_point quarantine_end(time_point seen_free, duration holders_span) const noexcept {
    return seen_free + std::max(span_, holders_span);
  }

 private:
  /// From a proof until the holder has to stop.
  duration working_time() const noexcept { return stop_at(time_point{}) - time_point{}; }

  duration span_;
  duration stop_budget_;
};

}  // namespace tenure::core
