// Hooks under virtual time: when each starts, its environment, and when lead() waits for it.
#include <catch2/catch_test_macros.hpp>
#include <filesystem>
#include <fstream>

#include "election_fixture.hpp"
#include "fake_commands.hpp"
#include "output_environment.hpp"
#include "sidecar/hooks/output.hpp"

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

/// A directory of hooks. The files only have to exist: the fake host starts none.
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

/// A process with one election and its hooks.
class stage {
 public:
  explicit stage(const std::vector<std::string>& names = {elected, settings_changed, deposed})
      : p(b.add()), handle(p.elections->enter(key, quick())), folder(names), host(b.rt) {
    hook_options o;
    o.election = "db";
    o.key = key;
    o.value = "us";
    o.folder = folder.path;
    o.span = 5s;
    o.grace = 1s;
    o.guarantee = 1s;
    o.timeout = 60s;
    hooks_dependencies with{.env = output_environment_of(b.rt),
                            .commands = host,
                            .settings = p.elections->settings_in(leader_settings::key_for(key)),
                            .snapshots = snapshots,
                            .session = [this] { return handle.session(); }};
    output = std::make_shared<hooks_output>(std::move(with), std::move(o));
    run.emplace(b.rt, truly(output->run()));
    b.rt.advance(1s);  // for the first read of the settings
  }
  void lead() {
    held = b.lead(handle);
    election_state now = state_with(standing::leading);
    now.term = held;
    now.leader.session = held.session();
    output->changed(now);
    led.emplace(b.rt, truly(output->lead(held)));
    b.rt.run_until_idle();
  }
  void follow() {
    election_state now = state_with(standing::candidate);
    now.leader.session = "11111111-1111-1111-1111-111111111111";
    now.leader.value = "other";
    now.leader.fence = 4711;
    output->changed(now);
    b.rt.run_until_idle();
  }
  election_state state_with(standing how) const {
    election_state now;
    now.name = "db";
    now.key = key;
    now.standing = how;
    return now;
  }
  /// The hooks that were started, in order.
  std::vector<std::string> started() const {
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
  /// Ends the term as the sidecar does: cancels lead(), and releases the key after it returned.
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
  std::shared_ptr<hooks_output> output;
  std::optional<running<bool>> run;
  std::optional<running<bool>> led;
  term held;
};

using names = std::vector<std::string>;

}  // namespace

TEST_CASE("leader-elected runs within the term, with the term in its environment") {
  stage s;
  s.lead();
  REQUIRE(s.started() == names{elected});
  fake_command& hook = s.host.last();
  REQUIRE(hook.variable("TENURE_ELECTION") == "db");
  REQUIRE(hook.variable("TENURE_KEY") == key);
  REQUIRE(hook.variable("TENURE_FENCE") == std::to_string(s.held.fence()));
  REQUIRE(hook.variable("TENURE_SESSION") == s.held.session());
  REQUIRE(hook.variable("TENURE_SNAPSHOT") == "0");
  REQUIRE(hook.variable("TENURE_LEADER") == "us");  // also before the key was read with it
  REQUIRE(hook.what.directory == s.folder.path);
  REQUIRE(hook.what.grace == 1s);
  REQUIRE(hook.lease.kill_at <= s.held.valid_until());
  s.exit(0);
  s.b.rt.advance(60s);
  REQUIRE(s.started() == names{elected});  // once per term
  s.end_term();
  REQUIRE(s.started() == names{elected, deposed});
  s.exit(0);
  REQUIRE(s.started() == names{elected, deposed, settings_changed});  // it follows now
  s.exit(0);
  s.finish();
}

TEST_CASE("the end of the term stops leader-elected, and lead() waits for it") {
  stage s;
  s.lead();
  s.led->cancel();
  s.b.rt.run_until_idle();
  REQUIRE(s.host.last().stop_requested);
  s.b.rt.advance(500ms);
  REQUIRE_FALSE(s.led->done());
  REQUIRE(s.started() == names{elected});  // one at a time
  const std::string fence = s.host.last().variable("TENURE_FENCE");
  s.host.last().end(command::outcome(command::outcome::kind::signalled, SIGTERM));
  s.end_term();
  // It was started, so leader-deposed has to run, however it ended.
  REQUIRE(s.started() == names{elected, deposed});
  REQUIRE(s.host.last().variable("TENURE_FENCE") == fence);
  REQUIRE(s.host.last().variable("TENURE_SESSION") == "(none)");
  s.exit(0);
  s.exit(0);
  s.finish();
}

TEST_CASE("a failed hook is retried after growing pauses until it succeeds") {
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
  // Each hook has its own backoff.
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

TEST_CASE("a hook without a file is skipped") {
  stage s({deposed});
  s.lead();
  s.b.rt.advance(10s);
  REQUIRE(s.started().empty());
  s.end_term();
  REQUIRE(s.started() == names{deposed});
  s.exit(0);
  s.finish();
}

TEST_CASE("a leader without the guarantee runs leader-settings-changed only") {
  stage s;
  s.held = s.b.lead(s.handle);
  s.p.cut_off();
  s.b.rt.advance(s.held.valid_until() - s.b.rt.now() - 900ms);
  s.led.emplace(s.b.rt, truly(s.output->lead(s.held)));
  s.b.rt.advance(500ms);
  REQUIRE(s.held.holds());
  REQUIRE(s.started().empty());
  s.p.reconnect();
  REQUIRE(s.b.rt.run_until([&] { return s.led->done() || !s.held.holds(); }, 10s));
  s.end_term();
  s.b.rt.advance(1s);
  REQUIRE(s.started() == names{settings_changed});  // without leader-elected no leader-deposed
  s.exit(0);
  s.finish();
}

TEST_CASE("a follower runs leader-settings-changed once, and after every change of the settings") {
  stage s;
  s.follow();
  s.follow();
  REQUIRE(s.started() == names{settings_changed});
  REQUIRE(s.host.last().variable("TENURE_FENCE") == "4711");
  REQUIRE(s.host.last().variable("TENURE_LEADER") == "other");
  const time_point started_at = s.b.rt.now();
  REQUIRE(s.host.last().lease.stop_at == started_at + 60s);
  REQUIRE(s.host.last().lease.kill_at == started_at + 61s);
  // A change while it runs causes another run, which sees the new settings.
  s.b.ask("PUT", "/v1/kv/" + leader_settings::key_for(key), R"({"host":"db-1"})");
  s.b.rt.advance(20s);
  REQUIRE(s.host.started.size() == 1);
  s.exit(0);
  s.b.rt.advance(1s);
  REQUIRE(s.started() == names{settings_changed, settings_changed});
  const std::uint64_t snapshot = std::stoull(s.host.last().variable("TENURE_SNAPSHOT"));
  REQUIRE(*s.snapshots.find("db", snapshot)->find("host") == "db-1");
  // What the hook sets shows in its own snapshot; the settings of another election stay.
  s.snapshots.merge("db", snapshot, {{"host", "db-2"}, {"port", "1"}});
  s.snapshots.merge("db", snapshot, {{"port", ""}, {"new", "x"}});
  s.snapshots.merge("mail", snapshot, {{"host", "db-3"}});
  s.snapshots.merge("db", snapshot + 1, {{"host", "db-3"}});
  REQUIRE(s.snapshots.find("db", snapshot)->values ==
          leader_settings::changes{{"host", "db-2"}, {"new", "x"}});
  s.exit(0);
  REQUIRE_FALSE(s.snapshots.find("db", snapshot));  // kept only while the hook ran
  s.b.rt.advance(60s);
  REQUIRE(s.host.started.size() == 2);
  s.finish();
}

TEST_CASE("hooks about the end of a term wait for the end of its last promise") {
  stage s;
  s.lead();
  s.exit(0);
  s.output->ending(s.b.rt.now() + 40s);
  s.led->cancel();
  REQUIRE(s.b.rt.run_until([&] { return s.led->done(); }, 1min));
  s.b.rt.advance(3s);
  REQUIRE(s.held.holds());  // as long as is-leader has promised
  REQUIRE(s.started() == names{elected});
  REQUIRE(s.output->unfinished() == "leader-deposed not run");
  s.b.rt.run(s.held.resign());
  s.b.rt.run_until_idle();
  REQUIRE(s.started() == names{elected, deposed});
  REQUIRE(s.output->unfinished() == "leader-deposed not finished");
  s.exit(0);
  REQUIRE(s.started() == names{elected, deposed, settings_changed});
  s.exit(0);
  REQUIRE(s.output->unfinished().empty());
  s.finish();
}

TEST_CASE("the last hooks have their timeout, within the deadline of the way out") {
  stage s;
  s.lead();
  s.exit(0);
  s.end_term();
  names expected{elected, deposed};
  REQUIRE(s.started() == expected);
  const time_point begin = s.b.rt.now();
  REQUIRE(s.host.last().lease.stop_at == begin + 60s);
  SECTION("a late deadline changes nothing") {
    s.output->ending(begin + 5min);
    s.run->cancel();
    s.b.rt.run_until_idle();
    REQUIRE(s.host.last().lease.stop_at == begin + 60s);
    s.exit(0);
    expected.push_back(settings_changed);
    REQUIRE(s.started() == expected);
    REQUIRE(s.host.last().lease.stop_at == begin + 60s);
    s.exit(0);
    REQUIRE(s.output->unfinished().empty());
  }
  SECTION("an early one shortens the running hook and the next") {
    s.output->ending(begin + 20s);
    s.run->cancel();
    s.b.rt.run_until_idle();
    REQUIRE_FALSE(s.host.last().stop_requested);
    REQUIRE_FALSE(s.run->done());
    REQUIRE(s.host.last().lease.stop_at == begin + 19s);
    REQUIRE(s.host.last().lease.kill_at == begin + 20s);
    s.b.rt.advance(18s);
    s.exit(0);
    expected.push_back(settings_changed);
    REQUIRE(s.started() == expected);
    REQUIRE(s.host.last().lease.stop_at == begin + 19600ms);  // a fifth of 2 s before the kill
    REQUIRE(s.host.last().lease.kill_at == begin + 20s);
    s.b.rt.advance(1700ms);
    s.host.last().end(command::outcome(command::outcome::kind::signalled, SIGTERM));
    s.b.rt.run_until_idle();
    REQUIRE(s.output->unfinished() == "leader-settings-changed cut short");
  }
  SECTION("a failure is not tried again, and the next hook runs") {
    s.output->ending(begin + 5min);
    s.run->cancel();
    s.b.rt.run_until_idle();
    s.exit(1);
    expected.push_back(settings_changed);
    REQUIRE(s.started() == expected);
    s.exit(1);
    REQUIRE(s.output->unfinished().empty());
  }
  SECTION("it has failed before: one more try at once") {
    s.exit(1);
    s.run->cancel();
    s.b.rt.run_until_idle();
    expected.push_back(deposed);
    REQUIRE(s.started() == expected);
    s.exit(0);
    expected.push_back(settings_changed);
    s.exit(0);
  }
  REQUIRE(s.run->done());
  REQUIRE(s.started() == expected);
  s.finish();
}

TEST_CASE("at the end a running leader-settings-changed has the deadline to finish") {
  stage s;
  s.follow();
  REQUIRE(s.started() == names{settings_changed});
  s.output->ending(s.b.rt.now() + 10s);
  s.run->cancel();
  s.b.rt.run_until_idle();
  REQUIRE_FALSE(s.host.last().stop_requested);
  REQUIRE(s.host.last().lease.kill_at == s.b.rt.now() + 10s);
  REQUIRE_FALSE(s.run->done());  // waits until the hook has ended
  s.exit(0);
  REQUIRE(s.run->done());
  REQUIRE(s.run->error() == asio::error::operation_aborted);
  s.finish();
}
