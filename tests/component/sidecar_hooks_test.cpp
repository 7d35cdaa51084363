// Hooks under virtual time: which one is begun when, what it is told, and who waits for it.
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>

#include "election_fixture.hpp"
#include "fake_commands.hpp"
#include "sidecar/hooks.hpp"

using namespace tenure;
using namespace tenure::sidecar;
using namespace tenure::test;

namespace {

namespace fs = std::filesystem;

const std::string key = "service/h/leader";
const char* const elected = "leader-elected";
const char* const settings_changed = "leader-settings-changed";
const char* const deposed = "leader-deposed";

candidacy quick() {
  return candidacy("me").span(5s).ttl(10s).lock_delay(0s).stop_budget(1s);
}

/// A folder of hooks; that there is a file is all that counts, since none is started.
class hook_folder {
 public:
  explicit hook_folder(const std::vector<std::string>& names) {
    std::string pattern = fs::temp_directory_path() / "tenure-hooks-XXXXXX";
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path = pattern;
    for (const std::string& name : names) std::ofstream(fs::path(path) / name) << "#!/bin/sh\n";
  }
  hook_folder(const hook_folder&) = delete;
  hook_folder& operator=(const hook_folder&) = delete;
  ~hook_folder() { fs::remove_all(path); }

  std::string path;
};

/// A process with an election, and the hooks of it.
class stage {
 public:
  explicit stage(const std::vector<std::string>& names = {elected, settings_changed, deposed})
      : p(b.add()), handle(p.elections->enter(key, quick())), folder(names), host(b.rt) {
    hooks_options o;
    o.election = "db";
    o.key = key;
    o.folder = folder.path;
    o.span = 5s;
    o.grace = 1s;
    o.guarantee = 1s;
    o.timeout = 60s;
    shown = std::make_shared<hooks>(b.rt.environment(), host,
                                    p.elections->settings_in(leader_settings::key_for(key)), snapshots,
                                    std::move(o), [this] { return handle.session(); });
    run.emplace(b.rt, truly(shown->run()));
    b.rt.advance(1s);  // the settings have been seen once before anything happens
  }
  void lead() {
    held = b.lead(handle);
    status now = seen(standing::leading);
    now.term = held;
    now.leader.session = held.session();
    shown->changed(now);
    led.emplace(b.rt, truly(shown->lead(held)));
    b.rt.run_until_idle();
  }
  void follow() {
    status now = seen(standing::candidate);
    now.leader.session = "11111111-1111-1111-1111-111111111111";
    now.leader.value = "other";
    now.leader.fence = 4711;
    shown->changed(now);
    b.rt.run_until_idle();
  }
  status seen(standing how) const {
    status now;
    now.name = "db";
    now.key = key;
    now.standing = how;
    return now;
  }
  /// Which hooks were begun, in their order.
  std::vector<std::string> begun() const {
    std::vector<std::string> names;
    for (const auto& each : host.started) {
      names.push_back(each->variable("TENURE_HOOK"));
      REQUIRE(each->what.argv == std::vector<std::string>{folder.path + "/" + names.back()});
    }
    return names;
  }
  void exit(int status) {
    host.last().exit(status);
    b.rt.run_until_idle();
  }
  /// The term is over: lead() is cancelled, and the key goes when it has returned.
  void end_term() {
    led->cancel();
    REQUIRE(b.rt.run_until([&] { return led->done(); }, 1min));
    b.rt.run(held.resign());
    b.rt.run_until_idle();
  }
  void finish() {
    run->cancel();
    REQUIRE(b.rt.run_until([&] { return run->done(); }, 1min));
    b.shut_down();
  }

  election_fixture b;
  process& p;
  election handle;
  hook_folder folder;
  fake_host host;
  hook_snapshots snapshots;
  std::shared_ptr<hooks> shown;
  std::optional<running<bool>> run;
  std::optional<running<bool>> led;
  term held;
};

using names = std::vector<std::string>;

}  // namespace

TEST_CASE("who leads is told, within the term, and with what it needs to know") {
  stage s;
  s.lead();
  REQUIRE(s.begun() == names{elected});
  fake_command& hook = s.host.last();
  REQUIRE(hook.variable("TENURE_ELECTION") == "db");
  REQUIRE(hook.variable("TENURE_KEY") == key);
  REQUIRE(hook.variable("TENURE_FENCE") == std::to_string(s.held.fence()));
  REQUIRE(hook.variable("TENURE_SESSION") == s.held.session());
  REQUIRE(hook.variable("TENURE_SNAPSHOT") == "0");
  REQUIRE(hook.what.directory == s.folder.path);
  REQUIRE(hook.what.grace == 1s);
  REQUIRE(hook.lease.kill_at <= s.held.valid_until());
  s.exit(0);
  s.b.rt.advance(60s);
  REQUIRE(s.begun() == names{elected});  // once is enough
  s.end_term();
  REQUIRE(s.begun() == names{elected, deposed});
  s.exit(0);
  REQUIRE(s.begun() == names{elected, deposed, settings_changed});  // it follows now
  s.exit(0);
  s.finish();
}

TEST_CASE("the term's end tells leader-elected to stop, and lead() waits for it") {
  stage s;
  s.lead();
  s.led->cancel();
  s.b.rt.run_until_idle();
  REQUIRE(s.host.last().stop_requested);
  s.b.rt.advance(500ms);
  REQUIRE_FALSE(s.led->done());
  REQUIRE(s.begun() == names{elected});  // one at a time
  const std::string fence = s.host.last().variable("TENURE_FENCE");
  s.host.last().end(command::outcome(command::outcome::kind::signalled, SIGTERM));
  s.end_term();
  // It was begun: whatever came of it, the end of its term is told.
  REQUIRE(s.begun() == names{elected, deposed});
  REQUIRE(s.host.last().variable("TENURE_FENCE") == fence);
  REQUIRE(s.host.last().variable("TENURE_SESSION") == "(none)");
  s.exit(0);
  s.exit(0);
  s.finish();
}

TEST_CASE("a hook that fails is begun again after growing pauses, until it succeeds") {
  stage s;
  s.lead();
  for (const duration pause : {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s}) {
    const std::size_t before = s.host.started.size();
    s.exit(1);
    s.b.rt.advance(pause - 1ms);
    REQUIRE(s.host.started.size() == before);
    s.b.rt.advance(2ms);
    REQUIRE(s.host.started.size() == before + 1);
  }
  s.exit(0);
  s.b.rt.advance(5min);
  REQUIRE(s.host.started.size() == 9);
  // The next one has a patience of its own.
  s.end_term();
  s.exit(1);
  s.b.rt.advance(999ms);
  REQUIRE(s.host.started.size() == 10);
  s.b.rt.advance(2ms);
  REQUIRE(s.host.started.size() == 11);
  s.exit(0);
  s.exit(0);
  s.finish();
}

TEST_CASE("a hook that has no file is told nothing, and holds nothing up") {
  stage s({deposed});
  s.lead();
  s.b.rt.advance(10s);
  REQUIRE(s.begun().empty());
  s.end_term();
  REQUIRE(s.begun() == names{deposed});
  s.exit(0);
  s.finish();
}

TEST_CASE("who is not guaranteed to lead is not told to, but that the settings may change") {
  stage s;
  s.held = s.b.lead(s.handle);
  s.p.cut_off();
  s.b.rt.advance(s.held.valid_until() - s.b.rt.now() - 900ms);
  s.led.emplace(s.b.rt, truly(s.shown->lead(s.held)));
  s.b.rt.advance(500ms);
  REQUIRE(s.held.holds());
  REQUIRE(s.begun().empty());
  s.p.reconnect();
  REQUIRE(s.b.rt.run_until([&] { return s.led->done() || !s.held.holds(); }, 10s));
  s.end_term();
  s.b.rt.advance(1s);
  REQUIRE(s.begun() == names{settings_changed});  // leader-elected was not begun: nothing to undo
  s.exit(0);
  s.finish();
}

TEST_CASE("who follows is told so once, and of every change of the settings") {
  stage s;
  s.follow();
  s.follow();
  REQUIRE(s.begun() == names{settings_changed});
  REQUIRE(s.host.last().variable("TENURE_FENCE") == "4711");
  REQUIRE(s.host.last().variable("TENURE_LEADER") == "other");
  const time_point begun_at = s.b.rt.now();
  REQUIRE(s.host.last().lease.stop_at == begun_at + 60s);
  REQUIRE(s.host.last().lease.kill_at == begun_at + 61s);
  // What changes while it runs is told by another run, which sees the new settings.
  s.b.ask("PUT", "/v1/kv/" + leader_settings::key_for(key), R"({"host":"db-1"})");
  s.b.rt.advance(20s);
  REQUIRE(s.host.started.size() == 1);
  s.exit(0);
  s.b.rt.advance(1s);
  REQUIRE(s.begun() == names{settings_changed, settings_changed});
  const std::uint64_t snapshot = std::stoull(s.host.last().variable("TENURE_SNAPSHOT"));
  REQUIRE(*s.snapshots.find("db", snapshot)->find("host") == "db-1");
  s.exit(0);
  REQUIRE_FALSE(s.snapshots.find("db", snapshot));  // kept for as long as the hook ran
  s.b.rt.advance(60s);
  REQUIRE(s.host.started.size() == 2);
  s.finish();
}

TEST_CASE("on the way out leader-deposed is run, for a while, and nothing else") {
  stage s;
  s.lead();
  s.exit(0);
  s.end_term();
  names expected{elected, deposed};
  REQUIRE(s.begun() == expected);
  REQUIRE(s.host.last().lease.stop_at == s.b.rt.now() + 60s);
  SECTION("it runs already") {
    s.run->cancel();
    s.b.rt.run_until_idle();
    REQUIRE_FALSE(s.host.last().stop_requested);
    REQUIRE_FALSE(s.run->done());
    s.exit(0);
  }
  SECTION("it has failed before: one more try, and a short one") {
    s.exit(1);
    s.run->cancel();
    s.b.rt.run_until_idle();
    expected.push_back(deposed);
    REQUIRE(s.begun() == expected);
    REQUIRE(s.host.last().lease.stop_at == s.b.rt.now() + 10s);
    s.exit(1);
  }
  REQUIRE(s.run->done());
  REQUIRE(s.begun() == expected);
  s.finish();
}

TEST_CASE("on the way out nobody waits for a hook that only tells of settings") {
  stage s;
  s.follow();
  REQUIRE(s.begun() == names{settings_changed});
  s.run->cancel();
  s.b.rt.run_until_idle();
  REQUIRE(s.host.last().stop_requested);
  REQUIRE_FALSE(s.run->done());  // until it is gone
  s.exit(0);
  REQUIRE(s.run->done());
  REQUIRE(s.run->error() == asio::error::operation_aborted);
  s.finish();
}
