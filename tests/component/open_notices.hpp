// Notices of hand-overs, in the folder of a member of the group `g`.
#pragma once

#include <string>

#include "election/group/hand_over_notices.hpp"
#include "election_fixture.hpp"

namespace tenure::test {

/// Begins to watch the notices to that session, which has to be a member's.
inline void open_notices(election_fixture& f, impl::hand_over_notices& notices,
                         const std::string& session) {
  f.ask("PUT", "/v1/kv/g/members/" + session + "?acquire=" + session);
  notices.session_is(session);
}

}  // namespace tenure::test
