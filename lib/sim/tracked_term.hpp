// A term as the checkers track it.
#pragma once

#include <string>
#include <tenure/term.hpp>
#include <tenure/time.hpp>
#include <utility>

#include "sim/ground_truth.hpp"
#include "sim/host.hpp"

namespace tenure::sim {

/// docs/design.md promises protection up to this rate of a clock.
inline constexpr std::int64_t max_rate_ppm = 5'000;

class tracked_term {
 public:
  tracked_term(tenure::term t, const sim::host& h, actor who, duration its_span)
      : term(std::move(t)), host(h), by(who), span(its_span) {}

  /// Whether the process may still rely on the lease, at that true time.
  bool lease_open(time_point now) const {
    return !closed && term.reason() == end_reason::none && now < lease_end;
  }
  /// For messages.
  std::string name() const {
    return "p" + std::to_string(by) + " (fence " + std::to_string(term.fence()) + ")";
  }

  tenure::term term;
  const sim::host& host;
  actor by;
  duration span;
  std::size_t slots = 1;   ///< of its semaphore, as the process believes
  std::uint64_t rank = 0;  ///< of its fence: see holding
  time_point begun{};
  time_point until{};  ///< by the host's clock, at the last look
  time_point lease_end = time_point::min();  ///< the same in true time
  bool closed = false;    ///< the process knows that the term is over
  bool working = false;   ///< its body runs
  bool excused = false;   ///< its body may run on: it is slow, or its process was paused
  std::string overtaken;  ///< why a successor could begin within its lease; applies to later ones
};

}  // namespace tenure::sim
