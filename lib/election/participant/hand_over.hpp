// How a participant of a group gives its key away when its term is over. What the next holder does
// is in core::candidate.
#pragma once

#include <cstdint>
#include <optional>
#include <tenure/time.hpp>
#include <utility>

#include "election/group/group_seats.hpp"

namespace tenure::impl {

/// From the end of a term's work until the next term begins, or until the key is released.
class hand_over {
 public:
  hand_over(core::session_id its_holder, std::uint64_t its_fence, time_point ended) noexcept
      : from(std::move(its_holder)), fence(its_fence), work_ended(ended) {}

  const core::session_id from;
  const std::uint64_t fence;  ///< of the term
  const time_point work_ended;
  /// Kept while an answer is lost: the same member is tried again.
  std::optional<recipient> to;
  bool inflight = false;  ///< made, and not answered
  bool lost = false;      ///< an answer was lost: Consul may have carried it out
  bool done = false;
};

}  // namespace tenure::impl
