// The sidecar's command under virtual time: when it starts, when it costs the leadership, and when
// lead() waits for it.
#include <catch2/catch_test_macros.hpp>

#include "election_fixture.hpp"
#include "fake_commands.hpp"
#include "output_environment.hpp"
#include "sidecar/command/output.hpp"

using namespace tenure;
using namespace tenure::sidecar;
using namespace tenure::test;

namespace {

const std::string key = "service/c/leader";

candidacy quick() {
  return candidacy("me").span(5s).ttl(10s).lock_delay(0s).stop_budget(1s);
}

/// Records the verdicts about its health, and ignores them.
class recording_election final : public entered_election {
 public:
  explicit recording_election(election& e) : handle_(e) {}
  const std::string& name() const noexcept override { return name_; }
  election& handle() noexcept override { return handle_; }
  const election_state& state() const noexcept override { return state_; }
  void set_healthy(const output&, bool healthy) override { verdicts.push_back(healthy); }

  std::vector<bool> verdicts;

 private:
  const std::string name_ = "db";
  election& handle_;
  election_state state_;
};

class fake_probe final : public probe {
 public:
  explicit fake_probe(manual_runtime& rt) : rt_(rt) {}
  asio::awaitable<finding> check(time_point) override {
    checks.push_back(rt_.now());
    if (good) co_return finding::healthy();
    co_return finding::unhealthy("status 500");
  }
  bool good = true;
  std::vector<time_point> checks;

 private:
  manual_runtime& rt_;
};

command_options default_options() {
  command_options o;
  o.election = "db";
  o.span = 5s;
  o.grace = 1s;
  o.argv = {"serve", "--fast"};
  o.directory = "/srv";
  return o;
}

/// Whether the command has a probe.
enum class probing { none, one };

class stage {
 public:
  explicit stage(command_options o = default_options(), probing with = probing::none)
      : p(b.add()), handle(p.elections->enter(key, quick())), recorded(handle), host(b.rt) {
    std::vector<std::shared_ptr<probe>> probes;
    if (with == probing::one) probes.push_back(probe_ = std::make_shared<fake_probe>(b.rt));
    output = std::make_shared<command_output>(output_environment_of(b.rt), host, recorded,
                                              std::move(probes), std::move(o));
    run.emplace(b.rt, truly(output->run()));
    b.rt.run_until_idle();
  }
  void lead() {
    held = b.lead(handle);
    led.emplace(b.rt, truly(output->lead(held)));
    b.rt.run_until_idle();
  }
  void exit(int status) {
    host.last().exit(status);
    b.rt.run_until_idle();
  }
  std::size_t starts() const { return host.started.size(); }
  /// The next run starts after `pause`, not before.
  void check_start_after(duration pause) {
    const std::size_t before = starts();
    b.rt.advance(pause - 1ms);
    REQUIRE(starts() == before);
    b.rt.advance(2ms);
    REQUIRE(starts() == before + 1);
  }
  void finish() {
    if (led && !led->done()) {
      led->cancel();
      b.rt.run_until_idle();
      if (starts() > 0 && !host.last().is_gone()) exit(0);
      REQUIRE(b.rt.run_until([&] { return led->done(); }, 1min));
    }
    run->cancel();
    REQUIRE(b.rt.run_until([&] { return run->done(); }, 1min));
    b.shut_down();
  }

  election_fixture b;
  process& p;
  election handle;
  recording_election recorded;
  fake_host host;
  std::shared_ptr<fake_probe> probe_;
  std::shared_ptr<command_output> output;
  std::optional<running<bool>> run;
  std::optional<running<bool>> led;
  term held;
};

using verdicts = std::vector<bool>;

}  // namespace

TEST_CASE("the command runs within the term, and lead() waits for its end") {
  stage s;
  s.b.rt.advance(10s);
  REQUIRE(s.starts() == 0);
  s.lead();
  REQUIRE(s.starts() == 1);
  fake_command& c = s.host.last();
  REQUIRE(c.what.argv == std::vector<std::string>{"serve", "--fast"});
  REQUIRE(c.what.directory == "/srv");
  REQUIRE(c.what.grace == 1s);
  REQUIRE(c.variable("TENURE_ELECTION") == "db");
  REQUIRE(c.variable("TENURE_KEY") == key);
  REQUIRE(c.variable("TENURE_FENCE") == std::to_string(s.held.fence()));
  REQUIRE(c.variable("TENURE_SESSION") == s.held.session());
  REQUIRE(c.variable("CONSUL_LOCK_HELD") == "true");
  REQUIRE(c.lease.stop_at == s.held.stop_at());
  REQUIRE(c.lease.kill_at <= s.held.valid_until());
  s.led->cancel();
  s.b.rt.run_until_idle();
  REQUIRE(c.stop_requested);
  s.b.rt.advance(900ms);
  REQUIRE_FALSE(s.led->done());
  s.exit(1);
  REQUIRE(s.b.rt.run_until([&] { return s.led->done(); }, 1s));
  s.b.rt.advance(5min);
  REQUIRE(s.starts() == 1);
  REQUIRE(s.recorded.verdicts.empty());  // a failure during the stop does not count
  s.finish();
}

TEST_CASE("the end of the lease stops the command") {
  stage s;
  s.lead();
  s.p.cut_off();
  const time_point stop_at = s.held.stop_at();
  REQUIRE(s.b.rt.run_until([&] { return s.host.last().stop_requested; }, 1min));
  REQUIRE(s.b.rt.now() == stop_at);
  s.exit(0);
  s.b.rt.advance(1min);
  REQUIRE(s.starts() == 1);
  s.p.reconnect();
  s.finish();
}

TEST_CASE("a command that ends is restarted after growing pauses") {
  command_options o = default_options();
  o.health.crashes = 1000;
  stage s(std::move(o));
  s.lead();
  for (const duration pause : {1s, 2s, 4s, 8s, 16s, 30s, 30s}) {
    s.exit(1);
    s.check_start_after(pause);
  }
  SECTION("a long run resets the pause") {
    s.b.rt.advance(10s);
    s.exit(1);
    s.check_start_after(1s);
  }
  SECTION("exit code 0 resets the pause") {
    s.exit(0);
    s.check_start_after(1s);
  }
  SECTION("a new term resets the pause") {
    s.led->cancel();
    s.b.rt.run_until_idle();
    s.exit(1);
    REQUIRE(s.b.rt.run_until([&] { return s.led->done(); }, 1s));
    s.b.rt.run(s.held.resign());
    s.lead();
    s.exit(1);
    s.check_start_after(1s);
  }
  REQUIRE(s.recorded.verdicts.empty());
  s.finish();
}

TEST_CASE("a crash loop costs the leadership until the end of the cool-down") {
  command_options o = default_options();
  o.health.crashes = 3;
  o.health.cool_down = 20s;
  stage s(std::move(o));
  s.lead();
  s.exit(1);
  s.b.rt.advance(1s);
  s.exit(1);
  s.b.rt.advance(2s);
  SECTION("exit code 0 resets the count") {
    s.exit(0);
    s.b.rt.advance(4s);
    s.exit(1);
    REQUIRE(s.recorded.verdicts.empty());
  }
  SECTION("one more crash reaches the limit") {
    s.exit(1);
    REQUIRE(s.recorded.verdicts == verdicts{false});
    s.b.rt.advance(19s + 999ms);
    REQUIRE(s.recorded.verdicts == verdicts{false});
    s.b.rt.advance(2ms);
    REQUIRE(s.recorded.verdicts == verdicts{false, true});
  }
  s.finish();
}

TEST_CASE("probes begin after the start time of the command") {
  command_options o = default_options();
  o.health.failures = 3;
  stage s(std::move(o), probing::one);
  s.probe_->good = false;
  s.b.rt.advance(1min);
  REQUIRE(s.probe_->checks.empty());  // the command does not run
  s.lead();
  const time_point start = s.b.rt.now();
  s.b.rt.advance(19s);
  REQUIRE(s.probe_->checks == std::vector<time_point>{start + 10s, start + 15s});
  REQUIRE(s.recorded.verdicts.empty());
  s.b.rt.advance(1s);
  REQUIRE(s.recorded.verdicts == verdicts{false});
  // It stays unhealthy until the end of the cool-down.
  s.b.rt.advance(59s);
  REQUIRE(s.recorded.verdicts == verdicts{false});
  s.finish();
}

TEST_CASE("with permanent probes it stands only while they pass") {
  command_options o = default_options();
  o.health.failures = 2;
  o.health.probed = health_rules::probing::always;
  stage s(std::move(o), probing::one);
  REQUIRE(s.probe_->checks.size() == 1);  // at once, while not leading
  s.probe_->good = false;
  s.b.rt.advance(10s);
  REQUIRE(s.recorded.verdicts == verdicts{false});
  s.b.rt.advance(5min);
  REQUIRE(s.recorded.verdicts == verdicts{false});
  s.probe_->good = true;
  s.b.rt.advance(5s);
  REQUIRE(s.recorded.verdicts == verdicts{false, true});
  s.finish();
}
