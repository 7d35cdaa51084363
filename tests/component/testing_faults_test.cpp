// tenure::testing: each fault does what it says.
#include <boost/system/system_error.hpp>
#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <string>
#include <tenure/testing.hpp>

namespace {

using namespace tenure;
using namespace std::chrono_literals;
using boost::asio::awaitable;
using testing::process;
using testing::world;

const std::string key = "service/f/leader";

candidacy quick() { return candidacy("host").span(5s).ttl(10s).lock_delay(0s); }

/// A process that leads.
class leading {
 public:
  explicit leading(candidacy how = quick())
      : p(w.add_process()), e(p.elections().enter(key, std::move(how))), t(p.run(e.campaign())) {}

  end_reason ends_within(duration d) {
    (void)w.run_until([&] { return t.reason() != end_reason::none; }, d);
    return t.reason();
  }
  error_code write(const std::string& value) {
    leader_writes writes;
    writes.set("result", value);
    auto writing = p.spawn(t.write(std::move(writes)));
    CHECK(w.run_until([&] { return writing.done(); }, 1min));
    return writing.error();
  }
  std::string result() const {
    const auto found = w.find("result");
    return found ? found->value : std::string();
  }

  world w;
  process& p;
  election e;
  term t;
};

}  // namespace

TEST_CASE("testing: a process that is cut off leads until its lease ends") {
  leading l;
  l.w.run_for(20s);
  CHECK(l.t.holds());
  const time_point cut = l.w.now();
  l.p.cut_off();
  CHECK(l.ends_within(1min) == end_reason::expired);
  CHECK(l.w.now() - cut <= 5s);
  CHECK(l.w.now() - cut > 2s);

  l.p.reconnect();
  l.p.run(l.t.resign());
  l.t = l.p.run(l.e.campaign());
  CHECK(l.t.holds());
}

TEST_CASE("testing: writes of a process whose answers are lost are carried out") {
  leading l;
  l.p.lose_answers();
  CHECK(l.write("one") == errc::outcome_unknown);
  CHECK(l.result() == "one");
  CHECK(l.t.reason() == end_reason::expired);
}

TEST_CASE("testing: without watch answers a process learns from its proof that it was deposed") {
  leading l;
  l.p.lose_watch_answers();
  l.w.depose(key);
  l.w.run_until_idle();
  CHECK(l.t.holds());
  CHECK(l.ends_within(5s) == end_reason::key_released);

  leading sees;
  sees.w.depose(key);
  sees.w.run_until_idle();
  CHECK(sees.t.reason() == end_reason::key_released);
}

TEST_CASE("testing: one answer to a write is lost") {
  leading l;
  l.w.run_for(3s);
  l.p.lose_next_write_answer();
  CHECK(l.write("one") == errc::outcome_unknown);
  CHECK(l.result() == "one");
  CHECK_FALSE(l.write("two"));
  CHECK(l.result() == "two");
  CHECK(l.t.holds());
}

TEST_CASE("testing: writes are refused as by a token without key:write") {
  leading l;
  l.p.refuse_writes();
  CHECK(l.write("one"));
  CHECK(l.result().empty());
  l.w.run_for(20s);  // proofs read
  CHECK(l.t.holds());

  process& other = l.w.add_process();
  other.refuse_writes();
  election e = other.elections().enter("another", quick());
  auto campaign = other.spawn(e.campaign());
  l.w.run_for(10s);
  CHECK(campaign.error() == consul_errc::forbidden);
  other.allow_writes();
  CHECK(other.run(e.campaign()).holds());
}

TEST_CASE("testing: a process that is paused wakes up after its lease") {
  leading l;
  process& other = l.w.add_process();
  election e = other.elections().enter(key, quick());
  auto campaign = other.spawn(e.campaign());
  l.p.pause();
  CHECK(l.w.run_until([&] { return campaign.done(); }, 1min));
  CHECK(l.t.reason() == end_reason::none);  // nothing of it runs
  CHECK_FALSE(l.t.holds());                 // but its clock does
  CHECK(campaign.get().holds());
  l.p.resume();
  l.w.run_until_idle();
  CHECK(l.t.reason() != end_reason::none);
}

TEST_CASE("testing: the session of a crashed process stays until its TTL is over") {
  leading l;
  l.p.crash();
  l.p.resume();  // a crash is for ever: nothing that it sends arrives
  const std::string session = l.w.find(key)->session;
  l.w.run_for(9s);
  CHECK(l.w.find(key)->session == session);
  CHECK(l.w.run_until([&] { return !l.w.find(key)->held(); }, 20s));
}

TEST_CASE("testing: a session ends as in Consul") {
  leading l;
  const std::string session = l.t.session();
  CHECK(l.w.expire_holder(key) == session);
  CHECK_FALSE(l.w.find(key)->held());
  CHECK(l.w.find(key)->value == "host");
  CHECK(l.ends_within(1s) == end_reason::session_lost);
  CHECK_THROWS_AS(l.w.expire_session(session), std::invalid_argument);
  CHECK_THROWS_AS(l.w.expire_session("no id"), std::invalid_argument);
  CHECK_THROWS_AS(l.w.expire_holder(key), std::invalid_argument);
  CHECK_THROWS_AS(l.w.depose("no/key"), std::invalid_argument);

  leading removing(quick().behavior(session_behavior::remove));
  removing.w.expire_session(removing.t.session());
  CHECK_FALSE(removing.w.find(key));

  leading delayed(quick().lock_delay(30s));
  process& other = delayed.w.add_process();
  election e = other.elections().enter(key, quick());
  const auto campaign = other.spawn(e.campaign());
  delayed.w.run_for(1s);
  delayed.w.expire_holder(key);
  delayed.p.crash();
  delayed.w.run_for(29s);
  CHECK_FALSE(delayed.w.find(key)->held());
  CHECK(delayed.w.run_until([&] { return campaign.done(); }, 10s));
}

TEST_CASE("testing: operators write, remove and release keys") {
  leading l;
  l.w.put("plain", "text");
  CHECK(l.w.find("plain")->value == "text");
  CHECK_FALSE(l.w.find("plain")->held());
  l.w.remove("plain");
  CHECK_FALSE(l.w.find("plain"));

  l.w.put(key, "an operator's");
  CHECK(l.ends_within(1s) == end_reason::overwritten);
  leading other;
  other.w.remove(key);
  CHECK(other.ends_within(1s) == end_reason::key_missing);
}

TEST_CASE("testing: a term outlasts a short absence of the agent, and none of its state's loss") {
  leading l;
  l.w.stop_agent();
  CHECK(l.write("one") == consul_errc::unreachable);
  l.w.run_for(2s);
  l.w.start_agent();
  l.w.run_for(1min);
  CHECK(l.t.holds());
  CHECK_FALSE(l.write("two"));

  l.w.restart_empty();
  CHECK_FALSE(l.w.find("result"));
  const end_reason why = l.ends_within(1min);
  CHECK((why == end_reason::session_lost || why == end_reason::key_missing));
  l.p.run(l.t.resign());
  l.t = l.p.run(l.e.campaign());
  CHECK(l.t.holds());
}
