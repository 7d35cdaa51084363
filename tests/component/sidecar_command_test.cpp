// A sidecar's command under virtual time: when it is started, when that costs the leadership, and
// who waits for it.
#include <catch2/catch_test_macros.hpp>

#include "election_fixture.hpp"
#include "fake_commands.hpp"
#include "sidecar/command_face.hpp"

using namespace tenure;
using namespace tenure::sidecar;
using namespace tenure::test;

namespace {

const std::string key = "service/c/leader";

candidacy quick() {
  return candidacy("me").span(5s).ttl(10s).lock_delay(0s).stop_budget(1s);
}

/// Notes the verdicts, and does not act on them.
class noted_election final : public standing_election {
 public:
  explicit noted_election(election& e) : handle_(e) {}
  const std::string& name() const noexcept override { return name_; }
  election& handle() noexcept override { return handle_; }
  const status& now() const noexcept override { return now_; }
  void set_healthy(bool healthy) override { verdicts.push_back(healthy); }

  std::vector<bool> verdicts;

 private:
  const std::string name_ = "db";
  election& handle_;
  status now_;
};

class fake_probe final : public probe {
 public:
  explicit fake_probe(manual_runtime& rt) : rt_(rt) {}
  asio::awaitable<finding> ask(time_point) override {
    asked.push_back(rt_.now());
    finding found(good, good ? "" : "says 500");
    co_return found;
  }
  bool good = true;
  std::vector<time_point> asked;

 private:
  manual_runtime& rt_;
};

command_options usual() {
  command_options o;
  o.election = "db";
  o.span = 5s;
  o.grace = 1s;
  o.argv = {"serve", "--fast"};
  o.directory = "/srv";
  return o;
}

class stage {
 public:
  explicit stage(command_options o = usual(), bool probed = false)
      : p(b.add()), handle(p.elections->enter(key, quick())), noted(handle), host(b.rt) {
    std::vector<std::shared_ptr<probe>> probes;
    if (probed) probes.push_back(probe_ = std::make_shared<fake_probe>(b.rt));
    shown = std::make_shared<command_face>(b.rt.environment(), host, noted, std::move(probes),
                                           std::move(o));
    run.emplace(b.rt, truly(shown->run()));
    b.rt.run_until_idle();
  }
  void lead() {
    held = b.lead(handle);
    led.emplace(b.rt, truly(shown->lead(held)));
    b.rt.run_until_idle();
  }
  void exit(int status) {
    host.last().exit(status);
    b.rt.run_until_idle();
  }
  std::size_t starts() const { return host.started.size(); }
  /// Nothing begins before `pause` is over, and then it does.
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
  noted_election noted;
  fake_host host;
  std::shared_ptr<fake_probe> probe_;
  std::shared_ptr<command_face> shown;
  std::optional<running<bool>> run;
  std::optional<running<bool>> led;
  term held;
};

using verdicts = std::vector<bool>;

}  // namespace

TEST_CASE("the command runs with the term, and lead() waits for its end") {
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
  REQUIRE(s.noted.verdicts.empty());  // that it did not end well by then is no matter
  s.finish();
}

TEST_CASE("a term that ends by itself ends the command") {
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

TEST_CASE("a command that ends is started again after growing pauses") {
  command_options o = usual();
  o.health.crashes = 1000;
  stage s(std::move(o));
  s.lead();
  for (const duration pause : {1s, 2s, 4s, 8s, 16s, 30s, 30s}) {
    s.exit(1);
    s.check_start_after(pause);
  }
  SECTION("one that ran for a while did not crash at its start") {
    s.b.rt.advance(10s);
    s.exit(1);
    s.check_start_after(1s);
  }
  SECTION("nor did one that ended well") {
    s.exit(0);
    s.check_start_after(1s);
  }
  SECTION("another term begins anew") {
    s.led->cancel();
    s.b.rt.run_until_idle();
    s.exit(1);
    REQUIRE(s.b.rt.run_until([&] { return s.led->done(); }, 1s));
    s.b.rt.run(s.held.resign());
    s.lead();
    s.exit(1);
    s.check_start_after(1s);
  }
  REQUIRE(s.noted.verdicts.empty());
  s.finish();
}

TEST_CASE("crashes in a row cost the leadership, for as long as the cool-down") {
  command_options o = usual();
  o.health.crashes = 3;
  o.health.cool_down = 20s;
  stage s(std::move(o));
  s.lead();
  s.exit(1);
  s.b.rt.advance(1s);
  s.exit(1);
  s.b.rt.advance(2s);
  SECTION("an end in between that was good counts from the start") {
    s.exit(0);
    s.b.rt.advance(4s);
    s.exit(1);
    REQUIRE(s.noted.verdicts.empty());
  }
  SECTION("the last one too many") {
    s.exit(1);
    REQUIRE(s.noted.verdicts == verdicts{false});
    s.b.rt.advance(19s + 999ms);
    REQUIRE(s.noted.verdicts == verdicts{false});
    s.b.rt.advance(2ms);
    REQUIRE(s.noted.verdicts == verdicts{false, true});
  }
  s.finish();
}

TEST_CASE("probes begin when the command has had its time to start") {
  command_options o = usual();
  o.health.failures = 3;
  stage s(std::move(o), true);
  s.probe_->good = false;
  s.b.rt.advance(1min);
  REQUIRE(s.probe_->asked.empty());  // nothing runs
  s.lead();
  const time_point start = s.b.rt.now();
  s.b.rt.advance(19s);
  REQUIRE(s.probe_->asked == std::vector<time_point>{start + 10s, start + 15s});
  REQUIRE(s.noted.verdicts.empty());
  s.b.rt.advance(1s);
  REQUIRE(s.noted.verdicts == verdicts{false});
  // Not before the cool-down is it well again, and its successor has its own time.
  s.b.rt.advance(59s);
  REQUIRE(s.noted.verdicts == verdicts{false});
  s.finish();
}

TEST_CASE("who is probed always stands only while it is well") {
  command_options o = usual();
  o.health.failures = 2;
  o.health.probed_always = true;
  stage s(std::move(o), true);
  REQUIRE(s.probe_->asked.size() == 1);  // at once, and without leading
  s.probe_->good = false;
  s.b.rt.advance(10s);
  REQUIRE(s.noted.verdicts == verdicts{false});
  s.b.rt.advance(5min);
  REQUIRE(s.noted.verdicts == verdicts{false});
  s.probe_->good = true;
  s.b.rt.advance(5s);
  REQUIRE(s.noted.verdicts == verdicts{false, true});
  s.finish();
}
