// Which hook is owed when: Juju's promises, one by one.
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "sidecar/hook_plan.hpp"
#include "sidecar/hooks_config.hpp"

using namespace tenure;
using namespace tenure::sidecar;
using namespace std::chrono_literals;

namespace {

/// Runs what is owed until nothing is; every hook succeeds.
std::vector<std::string> run_all(hook_plan& plan) {
  std::vector<std::string> ran;
  while (const auto next = plan.next()) {
    plan.began(*next);
    ran.emplace_back(to_string(*next));
    plan.ended(true);
    REQUIRE(ran.size() < 10);
  }
  return ran;
}

using names = std::vector<std::string>;

/// One that leads in term 7 and was told so.
hook_plan told_leader() {
  hook_plan plan;
  plan.leading(7, true);
  REQUIRE(run_all(plan) == names{"leader-elected"});
  return plan;
}

}  // namespace

TEST_CASE("nothing is owed before anything is known") {
  hook_plan plan;
  REQUIRE_FALSE(plan.next());
  plan.settings(5);
  REQUIRE_FALSE(plan.next());
  plan.leading(7, false);
  REQUIRE_FALSE(plan.next());
}

TEST_CASE("leader-elected is owed once a term is guaranteed, and once a term") {
  hook_plan plan;
  plan.leading(7, false);
  plan.leading(7, true);
  REQUIRE(plan.fence(hook::leader_elected) == 7);
  REQUIRE(run_all(plan) == names{"leader-elected"});
  plan.leading(7, true);
  REQUIRE_FALSE(plan.next());
}

TEST_CASE("who follows from the start is told once, and again when the settings change") {
  hook_plan plan;
  plan.settings(5);
  plan.following();
  plan.following();
  REQUIRE(run_all(plan) == names{"leader-settings-changed"});
  plan.settings(5);
  REQUIRE_FALSE(plan.next());
  plan.settings(6);
  REQUIRE(run_all(plan) == names{"leader-settings-changed"});
}

TEST_CASE("a leader's own writes are not told to it") {
  hook_plan plan = told_leader();
  plan.settings(5);
  plan.settings(6);
  REQUIRE_FALSE(plan.next());
}

TEST_CASE("who is deposed is told that first, and then that it follows") {
  hook_plan plan = told_leader();
  plan.term_over();
  REQUIRE(plan.fence(hook::leader_deposed) == 7);
  REQUIRE(run_all(plan) == names{"leader-deposed", "leader-settings-changed"});
  plan.following();
  REQUIRE_FALSE(plan.next());
}

TEST_CASE("a term that ended before leader-elected was begun deposes nobody") {
  hook_plan plan;
  plan.leading(7, true);
  plan.term_over();
  REQUIRE(run_all(plan) == names{"leader-settings-changed"});
}

TEST_CASE("a term that ended while leader-elected ran deposes") {
  hook_plan plan;
  plan.leading(7, true);
  plan.began(hook::leader_elected);
  plan.term_over();
  REQUIRE_FALSE(plan.next());  // one at a time
  plan.ended(false);
  REQUIRE(run_all(plan) == names{"leader-deposed", "leader-settings-changed"});
}

TEST_CASE("who leads again at once is told all of it, in order") {
  hook_plan plan = told_leader();
  plan.leading(9, true);
  REQUIRE(plan.fence(hook::leader_deposed) == 7);
  REQUIRE(plan.fence(hook::leader_elected) == 9);
  REQUIRE(run_all(plan) ==
          names{"leader-deposed", "leader-settings-changed", "leader-elected"});
}

TEST_CASE("a guarantee that is lost and comes back is told both times") {
  hook_plan plan = told_leader();
  plan.leading(7, false);
  REQUIRE(run_all(plan) == names{"leader-settings-changed"});
  plan.leading(7, true);
  REQUIRE(run_all(plan) == names{"leader-elected"});
  plan.term_over();
  REQUIRE(run_all(plan) == names{"leader-deposed", "leader-settings-changed"});
}

TEST_CASE("a guarantee lost while leader-elected runs: what ran does not count") {
  hook_plan plan;
  plan.leading(7, true);
  plan.began(hook::leader_elected);
  plan.leading(7, false);
  plan.leading(7, true);
  plan.ended(true);
  REQUIRE(run_all(plan) == names{"leader-settings-changed", "leader-elected"});
}

TEST_CASE("a hook that failed stays owed; once it leads, an older one is tried only once") {
  hook_plan plan;
  plan.following();
  for (int i = 0; i < 3; ++i) {
    REQUIRE(plan.next() == hook::leader_settings_changed);
    plan.began(hook::leader_settings_changed);
    plan.ended(false);
  }
  plan.leading(7, true);
  for (int i = 0; i < 3; ++i) {
    REQUIRE(plan.next() == hook::leader_elected);
    plan.began(hook::leader_elected);
    plan.ended(false);
  }
  plan.leading(9, true);
  REQUIRE(plan.next() == hook::leader_deposed);
  plan.began(hook::leader_deposed);
  plan.ended(false);
  REQUIRE(plan.next() == hook::leader_settings_changed);
  plan.began(hook::leader_settings_changed);
  plan.ended(false);
  REQUIRE(run_all(plan) == names{"leader-elected"});
}

TEST_CASE("settings that change while a hook reads them are told again") {
  hook_plan plan;
  plan.settings(1);
  plan.following();
  plan.began(hook::leader_settings_changed);
  plan.settings(2);
  REQUIRE_FALSE(plan.next());
  plan.ended(true);
  REQUIRE(run_all(plan) == names{"leader-settings-changed"});
}

TEST_CASE("leader-elected waits while the guarantee is not there") {
  hook_plan plan;
  plan.leading(7, true);
  plan.began(hook::leader_elected);
  plan.ended(false);
  plan.leading(7, false);
  REQUIRE(run_all(plan) == names{"leader-settings-changed"});
  REQUIRE_FALSE(plan.next());
}

TEST_CASE("a guarantee that the span cannot give is refused with the sum") {
  const auto mistake_with = [](duration span, const std::string& guarantee) {
    mistakes found;
    read_hooks(YAML::Load("dir: /tmp\nguarantee: " + guarantee),
               election_terms("db", "k", candidacy("v").span(span)), found);
    const auto list = found.take();
    return list.empty() ? std::string() : list.front().text;
  };
  REQUIRE(mistake_with(48s, "30s") == "");
  REQUIRE(mistake_with(15s, "30s") ==
          "hooks of db: guarantee: 30s cannot be promised with a span of 15s: a lease of 14s550ms "
          "less 4s775ms between proofs is 9s775ms; choose span: 48s or a shorter guarantee");
  REQUIRE(mistake_with(15s, "9s") == "");
}

TEST_CASE("mistakes in the block of the hooks") {
  const auto mistake = [](const std::string& yaml) {
    mistakes found;
    read_hooks(YAML::Load(yaml), election_terms("db", "k", candidacy("v").span(48s)), found);
    const auto list = found.take();
    return list.empty() ? std::string() : list.front().text;
  };
  REQUIRE(mistake("dir: /tmp") == "");
  REQUIRE(mistake("dir: /no/such/folder").ends_with("'/no/such/folder' is no folder"));
  REQUIRE(mistake("timeout: 1m").starts_with("hooks of db: dir: is missing"));
  REQUIRE(mistake("{dir: /tmp, timeout: 0}").ends_with("leaves no time to run"));
  REQUIRE(mistake("{dir: /tmp, retry: 1s}").starts_with("unknown key 'retry'"));
}
