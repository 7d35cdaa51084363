// Liveness: sessions that are bound to a check which the process keeps passing.
#include <catch2/catch_test_macros.hpp>

#include "election_adversity.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

elections_options lively(duration liveness = 1s) {
  elections_options options;
  options.name("lively");
  options.liveness(liveness);
  return options;
}

bool heartbeats(const runtime::http_request& r) { return has(r.target, "/v1/agent/check/pass/"); }
std::string services(election_fixture& b) { return b.ask("GET", "/v1/agent/services").body; }
std::string checks(election_fixture& b) { return b.ask("GET", "/v1/agent/checks").body; }

/// What stands behind `"NAME":"` first.
std::string member(const std::string& json, const std::string& name) {
  const auto at = json.find("\"" + name + "\":\"");
  if (at == std::string::npos) return {};
  const auto start = at + name.size() + 4;
  return json.substr(start, json.find('"', start) - start);
}

std::string session_of(election_fixture& b) { return member(b.key(key), "Session"); }

void resign(election_fixture& b, term t) {
  running<end_reason> over(b.rt, t.resign());
  b.rt.run_until([&] { return over.done(); });
}

/// How many requests of a kind a process sends within a time.
template <class Kind>
int sent_within(election_fixture& b, process& p, duration d, Kind kind) {
  int sent = 0;
  p.transport->network = [&sent, kind](runtime::lane, const runtime::http_request& r) {
    if (kind(r)) ++sent;
    return fate();
  };
  b.rt.advance(d);
  p.transport->network = nullptr;
  return sent;
}

}  // namespace

TEST_CASE("a liveness out of range is refused, with what to do about it") {
  election_fixture b;
  for (const duration wrong :
       {duration(499ms), duration(10min + 1ms), duration(0), duration(-1s)}) {
    CHECK_THROWS_AS(b.add(lively(wrong)), bad_configuration);
  }
  for (const duration right : {duration(500ms), duration(10min)}) b.add(lively(right));
  b.shut_down();
}

TEST_CASE("a session is bound to a check of its own service, and nothing is left of both") {
  election_fixture b;
  process& p = b.add(lively());
  election e = p.elections->enter(key, quick());
  const term t = b.lead(e);
  const std::string service = member(services(b), "ID");
  CHECK(service.starts_with("lively-"));
  CHECK(member(services(b), "Service") == "lively");
  const std::string check = member(checks(b), "CheckID");
  CHECK(member(checks(b), "Status") == "passing");
  CHECK(member(checks(b), "ServiceID") == service);
  const std::string info = b.ask("GET", "/v1/session/info/" + t.session()).body;
  CHECK(has(info, R"("NodeChecks":[],"ServiceChecks":[{"ID":")" + check + "\""));
  // Three heartbeats a second, and no writes for them.
  const auto index = b.agent.handler().index();
  const int beats = sent_within(b, p, 10s, heartbeats);
  CHECK(beats >= 29);
  CHECK(beats <= 31);
  CHECK(b.agent.handler().index() == index);
  CHECK(t.holds());
  resign(b, t);
  b.shut_down();
  CHECK(services(b) == "{}");
  CHECK(checks(b) == "{}");
  CHECK(b.agent.handler().sessions() == 0);
}

TEST_CASE("without liveness there is neither service nor heartbeat") {
  election_fixture b;
  process& p = b.add();
  election e = p.elections->enter(key, quick());
  b.lead(e);
  CHECK(services(b) == "{}");
  CHECK(sent_within(b, p, 10s, heartbeats) == 0);
  b.shut_down();
}

TEST_CASE("a crash is seen within the liveness, and a successor leads a span later") {
  election_fixture b;
  process& crashes = b.add(lively());
  election first = crashes.elections->enter(key, quick("first"));
  election second = b.add(lively()).elections->enter(key, quick("second"));
  term t = b.lead(first);
  second.stand();
  b.rt.advance(2s);
  const time_point crash = b.rt.now();
  crashes.cut_off();
  b.rt.run_until([&] { return session_of(b) != t.session(); });
  CHECK(b.rt.now() - crash <= 1s);
  b.rt.run_until([&] { return second.current().holds(); });
  CHECK_FALSE(t.holds());
  CHECK(b.rt.now() - crash <= 1s + 5s + 100ms);
  // Consul takes the service of the dead away.
  b.rt.advance(90s);
  CHECK(member(services(b), "ID") == member(checks(b), "ServiceID"));
  CHECK(services(b).find("\"ID\"") == services(b).rfind("\"ID\""));
  b.shut_down();
}

TEST_CASE("an agent that forgets the check: the term ends, and the process stands again") {
  election_fixture b;
  process& p = b.add(lively());
  election e = p.elections->enter(key, quick());
  e.stand();
  b.rt.run_until([&] { return e.current().holds(); });
  const term t = e.current();
  const std::string service = member(services(b), "ID");
  SECTION("an operator took the service away") {
    b.ask("PUT", "/v1/agent/service/deregister/" + service);
  }
  SECTION("an operator took the check away") {
    b.ask("PUT", "/v1/agent/check/deregister/" + member(checks(b), "CheckID"));
  }
  SECTION("it was restarted and knows nothing") {
    agent::handler_options options;
    options.start_index = 1'000'000;
    b.agent.restart(options);
  }
  b.rt.run_until([&] { return !t.holds(); });
  CHECK((t.reason() == end_reason::session_lost || t.reason() == end_reason::key_missing ||
         t.reason() == end_reason::key_released));
  resign(b, t);
  b.rt.run_until([&] { return e.current().holds(); });
  CHECK(member(services(b), "ID") != service);
  CHECK(e.current().session() != t.session());
  resign(b, e.current());
  b.shut_down();
  CHECK(services(b) == "{}");
}

TEST_CASE("a session whose check the agent forgot is destroyed, should it have outlived that") {
  election_fixture b;
  process& p = b.add(lively());
  election e = p.elections->enter(key, quick());
  const term t = b.lead(e);
  // An agent that answers so while its servers still show the check.
  p.transport->network = nullptr;
  const std::string mine = member(checks(b), "CheckID");
  bool forgot = false;
  p.transport->observer = [&](const runtime::http_request&, const runtime::http_response&) {};
  p.transport->network = [&](runtime::lane, const runtime::http_request& r) {
    if (heartbeats(r) && has(r.target, mine)) {
      forgot = true;
      const_cast<runtime::http_request&>(r).target = "/v1/agent/check/pass/nobody";
    }
    return fate();
  };
  b.rt.run_until([&] { return forgot && !t.holds(); });
  b.rt.advance(200ms);
  CHECK(b.ask("GET", "/v1/session/info/" + t.session()).body == "[]");
  p.transport->network = nullptr;
  resign(b, t);
  b.shut_down();
  CHECK(services(b) == "{}");
}

TEST_CASE("an agent that answers no heartbeat: no storm, and a safe end") {
  election_fixture b;
  process& p = b.add(lively());
  election e = p.elections->enter(key, quick());
  const term t = b.lead(e);
  int beats = 0;
  SECTION("it hangs") {
    p.transport->network = [&](runtime::lane, const runtime::http_request& r) {
      if (heartbeats(r)) ++beats;
      return fate(heartbeats(r) ? mishap::silent_before : mishap::none);
    };
  }
  SECTION("it refuses") {
    p.transport->network = [&](runtime::lane, const runtime::http_request& r) {
      if (heartbeats(r)) ++beats;
      return fate(heartbeats(r) ? mishap::refused : mishap::none);
    };
  }
  b.rt.run_until([&] { return session_of(b) != t.session(); });
  b.rt.run_until([&] { return !t.holds(); });
  beats = 0;
  b.rt.advance(60s);
  CHECK(beats < 60 * 25);
  p.transport->network = nullptr;
  resign(b, t);
  b.shut_down();
  CHECK(services(b) == "{}");
}

TEST_CASE("one lost heartbeat, or two, cost nothing") {
  election_fixture b;
  process& p = b.add(lively());
  election e = p.elections->enter(key, quick());
  const term t = b.lead(e);
  int place = 0;
  p.transport->network = [&](runtime::lane, const runtime::http_request& r) {
    const bool lost = heartbeats(r) && ++place % 3 != 0;
    return fate(lost ? mishap::reset_before : mishap::none);
  };
  b.rt.advance(30s);
  CHECK(t.holds());
  p.transport->network = nullptr;
  b.shut_down();
}

TEST_CASE("heartbeats do not wait for renewals") {
  election_fixture b;
  process& p = b.add(lively());
  election e = p.elections->enter(key, quick());
  const term t = b.lead(e);
  p.transport->network = [](runtime::lane, const runtime::http_request& r) {
    return has(r.target, "/v1/session/renew/") ? fate(3s, 3s) : fate();
  };
  b.rt.advance(30s);
  CHECK(t.holds());
  p.transport->network = nullptr;
  b.shut_down();
}

TEST_CASE("a process that was paused for longer than its liveness asks at once") {
  election_fixture b;
  process& p = b.add(lively());
  candidacy patient = candidacy("me").span(60s).ttl(60s).lock_delay(0s);
  election e = p.elections->enter(key, patient);
  const term t = b.lead(e);
  const auto blind_watch = [](runtime::lane where, const runtime::http_request&) {
    return fate(where == runtime::lane::polls ? mishap::silent_before : mishap::none);
  };
  b.rt.advance(1s);
  p.transport->network = blind_watch;
  pause(b.rt, 3s);
  const time_point lease_end = t.valid_until();
  b.rt.run_until([&] { return !t.holds(); });
  CHECK(b.rt.now() < lease_end);
  CHECK(t.reason() == end_reason::session_lost);
  p.transport->network = nullptr;
  b.shut_down();
}

TEST_CASE("a server that refuses the session leaves no service behind") {
  election_fixture b;
  process& p = b.add(lively());
  int refused = 0;
  p.transport->network = [&](runtime::lane, const runtime::http_request& r) {
    const bool create = has(r.target, "/v1/session/create");
    const bool spoilt = create && ++refused < 4;
    if (spoilt) const_cast<runtime::http_request&>(r).body = R"({"NodeChecks":["nope"]})";
    return fate();
  };
  election e = p.elections->enter(key, quick());
  const term t = b.lead(e);
  b.rt.advance(1s);
  CHECK(services(b).find("\"ID\"") == services(b).rfind("\"ID\""));
  resign(b, t);
  b.shut_down();
  CHECK(services(b) == "{}");
}
