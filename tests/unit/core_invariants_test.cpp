// A process whose state is not what it must be aborts, and says of which key and in which state.
#include <unistd.h>

#include <catch2/catch_test_macros.hpp>
#include <csignal>
#include <string>

#include "core/candidate/candidate.hpp"
#include "core/util/invariant.hpp"
#include "in_child.hpp"

using namespace tenure;
using namespace tenure::core;
using tenure::test::ended;
using tenure::test::in_child;
using namespace std::chrono_literals;

TEST_CASE("invariants: an answer without a request aborts, and names key and state") {
  const ended how = in_child([] {
    const candidate_rules rules(lease_rules(10s, 1s), 10s);
    candidate c(rules);
    candidate::name_by([](const candidate&) { return std::string("jobs/leader"); });
    c.session_ready("session-a");
    c.stand();
    c.read_answered(key_observation(), time_point(100s));
  });
  CHECK(how.signal == SIGABRT);
  CHECK(how.text.find("invariant violated: an answer belongs to a request in flight") !=
        std::string::npos);
  CHECK(how.text.find("election jobs/leader, stage none, stands, session session-a") !=
        std::string::npos);
}

TEST_CASE("invariants: the outcome of a claim that was never made aborts") {
  const ended how = in_child([] {
    const candidate_rules rules(lease_rules(10s, 1s), 10s);
    candidate c(rules);
    c.claim_unknown(time_point(100s), 0);
  });
  CHECK(how.signal == SIGABRT);
  CHECK(how.text.find("belongs to the claim in flight") != std::string::npos);
}

TEST_CASE("invariants: what may happen passes") {
  const ended how = in_child([] {
    const candidate_rules rules(lease_rules(10s, 1s), 10s);
    candidate c(rules);
    c.session_ready("session-a");
    c.stand();
    if (c.next(time_point(100s)) != action::wait) ::_exit(1);
  });
  CHECK(how.signal == 0);
  CHECK(how.text.empty());
}

TEST_CASE("invariants: the text of the state is made only for one that fails") {
  int made = 0;
  const auto state = [&] {
    ++made;
    return std::string("election jobs/leader, leading");
  };
  must(true, "what holds", state);
  CHECK(made == 0);
  const ended how = in_child([&] { must(false, "what does not hold", state); });
  CHECK(how.signal == SIGABRT);
  CHECK(how.text.find("what does not hold: election jobs/leader, leading (") != std::string::npos);
  CHECK(how.text.find("core_invariants_test.cpp:") != std::string::npos);
}
