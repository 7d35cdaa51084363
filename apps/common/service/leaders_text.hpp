// Who leads, in one line: for the status of a service.
#pragma once

#include <optional>
#include <string>
#include <tenure/leader.hpp>
#include <vector>

namespace tenure::apps {

/// A holder as far as the line shows it: the value of a key may be long.
struct seen_leader {
  seen_leader(const tenure::leader& who);
  bool present;
  std::string value;
};

/// One election as this process sees it.
struct election_line {
  std::string name;
  bool leads = false;               ///< this process
  std::optional<seen_leader> seen;  ///< the holder of the key
};

/// "leads db, mail; host-b leads queue; without a leader: cron". Names a few of many. What others
/// have published in Consul cannot break the line.
std::string leaders_text(const std::vector<election_line>& all);

}  // namespace tenure::apps
