// The semaphore of the tests: its keys, and a slot of it.
#pragma once

#include <string>

#include "election_adversity.hpp"

namespace tenure::test {

inline const std::string prefix = "pool/c";
inline const std::string lock_key = prefix + "/.lock";
/// Those of consul/api's semaphores.
inline const std::string semaphore_flags = "16210313421097356768";

inline term take(election_fixture& b, semaphore& s) {
  running<term> waiting(b.rt, s.acquire());
  REQUIRE(b.rt.run_until([&] { return waiting.done(); }));
  return waiting.value();
}

}  // namespace tenure::test
