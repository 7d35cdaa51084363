// The event stream of elections::next_event().
#pragma once

#include <cstdint>
#include <string>
#include <tenure/end_reason.hpp>
#include <tenure/leader.hpp>
#include <tenure/standing.hpp>
#include <tenure/term.hpp>
#include <tenure/time.hpp>

namespace tenure {

/// The newest state of one election. Plain values.
class event {
 public:
  std::string key;  ///< of the election
  tenure::standing standing = tenure::standing::watching;  ///< this process's, now
  tenure::term term;                     ///< while leading or stopping
  end_reason reason = end_reason::none;  ///< why the last term ended, while not leading
  tenure::leader leader;                 ///< who holds the key, as last seen
  time_point starts_at{};                ///< while pending: when the term will start
  bool hand_over_requested = false;  ///< while leading: see term::hand_over_wanted()
  /// While not leading: the name of the group's member to which this process handed the key over
  /// after its last term; empty: it was not handed over.
  std::string handed_to;
  std::uint64_t missed =
      0;  ///< states of this election that newer ones replaced before they were read
};

}  // namespace tenure
