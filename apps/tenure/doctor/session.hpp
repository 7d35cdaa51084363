// The session that holds a key: whose it is, and what ends it.
#pragma once

#include <optional>
#include <string>
#include <tenure/time.hpp>
#include <vector>

#include "tenure/doctor/asker.hpp"
#include "tenure/doctor/report.hpp"

namespace tenure::doctor {

struct session_facts {
  std::string id;
  std::string name;
  std::string node;
  std::string ttl;  ///< as Consul writes it; empty: none
  duration lock_delay{0};
  bool removes = false;             ///< the keys that it holds are deleted when it ends
  std::vector<std::string> checks;  ///< that end it when they fail
  duration span{0};                 ///< of a candidate of tenure's; zero: another program's
};

/// Nothing: there is no such session, or the token may not read it.
std::optional<session_facts> read_session(asker& ask, const std::string& id);
/// Reports TTL, lock-delay and the state of the checks.
void check_session(report& out, asker& ask, const session_facts& held);

}  // namespace tenure::doctor
