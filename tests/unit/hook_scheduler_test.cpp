// Which hook is scheduled when: Juju's guarantees, one by one.
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "sidecar/hooks/config.hpp"
#include "sidecar/hooks/scheduler.hpp"

using namespace tenure;
using namespace tenure::sidecar;
using namespace std::chrono_literals;

namespace {

/// Runs every scheduled hook; each succeeds.
std::vector<std::string> run_all(hook_scheduler& scheduler) {
  std::vector<std::string> ran;
  while (const auto next = scheduler.next()) {
    scheduler.started(*next);
    ran.emplace_back(to_string(*next));
    scheduler.finished(hook_result::succeeded);
    REQUIRE(ran.size() < 10);
  }
  return ran;
}

using names = std::vector<std::string>;

/// Leads in term 7, and leader-elected has run.
hook_scheduler elected_leader() {
  hook_scheduler scheduler;
  scheduler.leading(7, guarantee_state::given);
  REQUIRE(run_all(scheduler) == names{"leader-elected"});
  return scheduler;
}

}  // namespace

TEST_CASE("no hook is scheduled before the role is known") {
  hook_scheduler scheduler;
  REQUIRE_FALSE(scheduler.next());
  scheduler.settings(5);
  REQUIRE_FALSE(scheduler.next());
  scheduler.leading(7, guarantee_state::lost);
  REQUIRE_FALSE(scheduler.next());
}

TEST_CASE("leader-elected runs once per term, when the term is guaranteed") {
  hook_scheduler scheduler;
  scheduler.leading(7, guarantee_state::lost);
  scheduler.leading(7, guarantee_state::given);
  REQUIRE(scheduler.fence(hook::leader_elected) == 7);
  REQUIRE(run_all(scheduler) == names{"leader-elected"});
  scheduler.leading(7, guarantee_state::given);
  REQUIRE_FALSE(scheduler.next());
}

TEST_CASE("a follower runs leader-settings-changed once, and after each change of the settings") {
  hook_scheduler scheduler;
  scheduler.settings(5);
  scheduler.following();
  scheduler.following();
  REQUIRE(run_all(scheduler) == names{"leader-settings-changed"});
  scheduler.settings(5);
  REQUIRE_FALSE(scheduler.next());
  scheduler.settings(6);
  REQUIRE(run_all(scheduler) == names{"leader-settings-changed"});
}

TEST_CASE("a leader runs no hook for its own writes") {
  hook_scheduler scheduler = elected_leader();
  scheduler.settings(5);
  scheduler.settings(6);
  REQUIRE_FALSE(scheduler.next());
}

TEST_CASE("a deposed leader runs leader-deposed first, then leader-settings-changed") {
  hook_scheduler scheduler = elected_leader();
  scheduler.term_over();
  REQUIRE(scheduler.fence(hook::leader_deposed) == 7);
  REQUIRE(run_all(scheduler) == names{"leader-deposed", "leader-settings-changed"});
  scheduler.following();
  REQUIRE_FALSE(scheduler.next());
}

TEST_CASE("a term that ended before leader-elected started needs no leader-deposed") {
  hook_scheduler scheduler;
  scheduler.leading(7, guarantee_state::given);
  scheduler.term_over();
  REQUIRE(run_all(scheduler) == names{"leader-settings-changed"});
}

TEST_CASE("a term that ended while leader-elected ran needs leader-deposed") {
  hook_scheduler scheduler;
  scheduler.leading(7, guarantee_state::given);
  scheduler.started(hook::leader_elected);
  scheduler.term_over();
  REQUIRE_FALSE(scheduler.next());  // one at a time
  scheduler.finished(hook_result::failed);
  REQUIRE(run_all(scheduler) == names{"leader-deposed", "leader-settings-changed"});
}

TEST_CASE("a leader that is elected again at once runs all three hooks in order") {
  hook_scheduler scheduler = elected_leader();
  scheduler.leading(9, guarantee_state::given);
  REQUIRE(scheduler.fence(hook::leader_deposed) == 7);
  REQUIRE(scheduler.fence(hook::leader_elected) == 9);
  REQUIRE(run_all(scheduler) ==
          names{"leader-deposed", "leader-settings-changed", "leader-elected"});
}

TEST_CASE("a guarantee that is lost and returns runs a hook each time") {
  hook_scheduler scheduler = elected_leader();
  scheduler.leading(7, guarantee_state::lost);
  REQUIRE(run_all(scheduler) == names{"leader-settings-changed"});
  scheduler.leading(7, guarantee_state::given);
  REQUIRE(run_all(scheduler) == names{"leader-elected"});
  scheduler.term_over();
  REQUIRE(run_all(scheduler) == names{"leader-deposed", "leader-settings-changed"});
}

TEST_CASE("leader-elected runs again after a guarantee that was lost while it ran") {
  hook_scheduler scheduler;
  scheduler.leading(7, guarantee_state::given);
  scheduler.started(hook::leader_elected);
  scheduler.leading(7, guarantee_state::lost);
  scheduler.leading(7, guarantee_state::given);
  scheduler.finished(hook_result::succeeded);
  REQUIRE(run_all(scheduler) == names{"leader-settings-changed", "leader-elected"});
}

TEST_CASE("a failed hook stays pending; a new leader tries older hooks only once") {
  hook_scheduler scheduler;
  scheduler.following();
  for (int i = 0; i < 3; ++i) {
    REQUIRE(scheduler.next() == hook::leader_settings_changed);
    scheduler.started(hook::leader_settings_changed);
    scheduler.finished(hook_result::failed);
  }
  scheduler.leading(7, guarantee_state::given);
  for (int i = 0; i < 3; ++i) {
    REQUIRE(scheduler.next() == hook::leader_elected);
    scheduler.started(hook::leader_elected);
    scheduler.finished(hook_result::failed);
  }
  scheduler.leading(9, guarantee_state::given);
  REQUIRE(scheduler.next() == hook::leader_deposed);
  scheduler.started(hook::leader_deposed);
  scheduler.finished(hook_result::failed);
  REQUIRE(scheduler.next() == hook::leader_settings_changed);
  scheduler.started(hook::leader_settings_changed);
  scheduler.finished(hook_result::failed);
  REQUIRE(run_all(scheduler) == names{"leader-elected"});
}

TEST_CASE("settings that change while the hook runs schedule it again") {
  hook_scheduler scheduler;
  scheduler.settings(1);
  scheduler.following();
  scheduler.started(hook::leader_settings_changed);
  scheduler.settings(2);
  REQUIRE_FALSE(scheduler.next());
  scheduler.finished(hook_result::succeeded);
  REQUIRE(run_all(scheduler) == names{"leader-settings-changed"});
}

TEST_CASE("leader-elected waits for the guarantee") {
  hook_scheduler scheduler;
  scheduler.leading(7, guarantee_state::given);
  scheduler.started(hook::leader_elected);
  scheduler.finished(hook_result::failed);
  scheduler.leading(7, guarantee_state::lost);
  REQUIRE(run_all(scheduler) == names{"leader-settings-changed"});
  REQUIRE_FALSE(scheduler.next());
}

TEST_CASE("a guarantee that the span does not allow is an error with the calculation") {
  const auto error_with = [](duration span, const std::string& guarantee) {
    apps::config_errors errors;
    read_hooks(YAML::Load("dir: /tmp\nguarantee: " + guarantee),
               election_options("db", "k", candidacy("v").span(span)), errors);
    const auto list = errors.take();
    return list.empty() ? std::string() : list.front().text;
  };
  REQUIRE(error_with(48s, "30s") == "");
  REQUIRE(error_with(15s, "30s") ==
          "hooks of db: guarantee: 30s cannot be promised with a span of 15s: a lease of 14s550ms "
          "less 4s775ms between proofs is 9s775ms; choose span: 48s or a shorter guarantee");
  REQUIRE(error_with(15s, "9s") == "");
}

TEST_CASE("errors in the block hooks:") {
  const auto error = [](const std::string& yaml) {
    apps::config_errors errors;
    read_hooks(YAML::Load(yaml), election_options("db", "k", candidacy("v").span(48s)), errors);
    const auto list = errors.take();
    return list.empty() ? std::string() : list.front().text;
  };
  REQUIRE(error("dir: /tmp") == "");
  REQUIRE(error("dir: /no/such/folder").ends_with("'/no/such/folder' is not a directory"));
  REQUIRE(error("timeout: 1m").starts_with("hooks of db: dir: is missing"));
  REQUIRE(error("{dir: /tmp, timeout: 0}").ends_with("is too short: 100ms or more"));
  REQUIRE(error("{dir: /tmp, retry: 1s}").starts_with("unknown key 'retry'"));
}
