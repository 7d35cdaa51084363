// A Consul that answers nonsense, under virtual time: what each kind of request does with each kind
// of answer. One process gets the answers, another one contends for the same key.
#include <catch2/catch_test_macros.hpp>
#include <functional>
#include <map>

#include "election_fixture.hpp"
#include "support/kept_log.hpp"

using namespace tenure;
using namespace tenure::test;
using runtime::http_request;
using runtime::http_response;

namespace {

const std::string key = "service/hostile/leader";
constexpr duration span = 5s;
constexpr duration hostile_for = 20s;
constexpr std::size_t most_requests = 15 * 20;  // in that time

/// What the server does to a response.
struct answer {
  const char* name;
  std::function<void(http_response&)> spoil;
};

void set_header(http_response& r, const std::string& value) {
  for (auto& [name, text] : r.headers)
    if (name == "X-Consul-Index") text = value;
}

std::function<void(http_response&)> body(std::string text, unsigned status = 200) {
  return [=](http_response& r) {
    r.status = status;
    r.body = text;
  };
}

std::function<void(http_response&)> index(std::string text) {
  return [=](http_response& r) { set_header(r, text); };
}

/// Replaces the value of a member, wherever it is.
std::function<void(http_response&)> member(std::string name, std::string value) {
  return [=](http_response& r) {
    const std::string begin = '"' + name + "\":";
    for (std::size_t at = 0; (at = r.body.find(begin, at)) != std::string::npos;) {
      at += begin.size();
      const std::size_t end = r.body.find_first_of(",}]", at);
      if (end == std::string::npos) return;
      r.body.replace(at, end - at, value);
    }
  };
}

const std::string deep(100'000, '[');

const std::vector<answer> answers{
    {"nothing", body("")},
    {"garbage", body("\x01\xff garbage")},
    {"NUL", body(std::string(100, '\0'))},
    {"HTML", body("<html>Please log in</html>")},
    {"HTML and 404", body("<html>not here</html>", 404)},
    {"HTML and 503", body("<html>busy</html>", 503)},
    {"a redirect", body("", 301)},
    {"204", body("", 204)},
    {"429", body("slow down", 429)},
    {"500", body("oh", 500)},
    {"999", body("?", 999)},
    {"null", body("null")},
    {"true", body("true")},
    {"a number", body("1")},
    {"an empty list", body("[]")},
    {"an empty object", body("{}")},
    {"truncated", [](http_response& r) { r.body.resize(r.body.size() / 2); }},
    {"followed by more", [](http_response& r) { r.body += r.body + "x"; }},
    {"deep", body(deep)},
    {"deep and closed", body(deep + std::string(deep.size(), ']'))},
    {"invalid UTF-8", member("Key", "\"\xff\xfe\"")},
    {"another key", member("Key", "\"service/other/leader\"")},
    {"no key name", member("Key", "null")},
    {"a text for an index", member("ModifyIndex", "\"7\"")},
    {"a negative index of a key", member("ModifyIndex", "-7")},
    {"an index of a key above 2^63", member("ModifyIndex", "9223372036854775809")},
    {"an index of a key above 2^64", member("ModifyIndex", "18446744073709551617")},
    {"index 0 of a key", member("ModifyIndex", "0")},
    {"a fraction for an index", member("ModifyIndex", "7.5")},
    {"a negative LockIndex", member("LockIndex", "-1")},
    {"LockIndex null", member("LockIndex", "null")},
    {"a key twice", member("Flags", "1,\"LockIndex\":1,\"LockIndex\":1")},
    {"base64 that is none", member("Value", "\"***\"")},
    {"a value that is a list", member("Value", "[1]")},
    {"no session", member("Session", "\"\"")},
    {"a stranger's session", member("Session", "\"11111111-2222-3333-4444-555555555555\"")},
    {"a session that is a number", member("Session", "7")},
    {"a session with control characters", member("Session", "\"\\u0000/../\\r\\nX: y\"")},
    {"another id", member("ID", "\"11111111-2222-3333-4444-555555555555\"")},
    {"an empty id", member("ID", "\"\"")},
    {"no index", index("")},
    {"a negative index", index("-1")},
    {"index 0", index("0")},
    {"index 1", index("1")},
    {"an index above 2^63", index("9223372036854775808")},
    {"an index above 2^64", index("18446744073709551616")},
    {"an index that is a word", index("many")},
};

/// The requests that a hostile server spoils.
struct path {
  const char* name;
  std::function<bool(const http_request&)> is;
};

bool begins(const http_request& r, std::string_view with) { return r.target.starts_with(with); }

const std::vector<path> paths{
    {"the session", [](const http_request& r) { return begins(r, "/v1/session/"); }},
    {"transactions", [](const http_request& r) { return begins(r, "/v1/txn"); }},
    {"the watch",
     [](const http_request& r) {
       return begins(r, "/v1/kv/") && r.target.find("index=") != std::string::npos;
     }},
    {"reads of keys", [](const http_request& r) { return begins(r, "/v1/kv/"); }},
    {"everything", [](const http_request&) { return true; }},
};

candidacy options(const char* value) {
  return candidacy(value).span(span).ttl(10s).lock_delay(0s).stop_budget(1s);
}

/// Campaigns again after each term, as a program does. A fatal error costs it a pause.
asio::awaitable<void> lead_always(election& e, term& latest, runtime::timers& timers) {
  for (;;) {
    bool failed = false;
    try {
      term next = co_await e.campaign();
      latest = std::move(next);
    } catch (const boost::system::system_error& error) {
      if (error.code() == asio::error::operation_aborted) co_return;
      failed = true;
    }
    if (failed) {
      co_await runtime::sleep_until(timers, timers.now() + 5s);
      continue;
    }
    co_await latest.stop_requested();
    co_await latest.resign();
  }
}

class stage {
 public:
  stage() : victim(b.add(elections_options().log(log))), rival(b.add()) {
    victims.emplace(victim.elections->enter(key, options("victim")));
    rivals.emplace(rival.elections->enter(key, options("rival")));
    victim_runs.emplace(b.rt, truly(lead_always(*victims, victims_term, b.rt.timers())));
    REQUIRE(b.rt.run_until([&] { return victims_term.holds(); }, 1min));
    rival_runs.emplace(b.rt, truly(lead_always(*rivals, rivals_term, b.rt.timers())));
    b.rt.advance(2s);
  }

  void turn_hostile(const path& where, const answer& how) {
    victim.transport->observer = [&](const http_request& asked, http_response& response) {
      ++requests;
      if (where.is(asked)) how.spoil(response);
    };
  }
  /// Lets time pass and looks at both terms all the while.
  void watch_for(duration time) {
    const time_point end = b.rt.now() + time;
    while (b.rt.now() < end) {
      b.rt.advance(50ms);
      both_held = both_held || (victims_term.holds() && rivals_term.holds());
    }
  }
  bool led() const { return victims_term.holds() || rivals_term.holds(); }
  void end() {
    victim.transport->observer = nullptr;
    for (auto* each : {&victim_runs, &rival_runs}) (*each)->cancel();
    b.shut_down();
  }

  std::shared_ptr<kept_log> log = std::make_shared<kept_log>();
  election_fixture b;
  process& victim;
  process& rival;
  std::optional<election> victims;
  std::optional<election> rivals;
  term victims_term;
  term rivals_term;
  std::optional<running<bool>> victim_runs;
  std::optional<running<bool>> rival_runs;
  std::size_t requests = 0;
  bool both_held = false;
};

void check(const path& where, const answer& how) {
  INFO(where.name << ": " << how.name);
  stage s;
  s.turn_hostile(where, how);
  s.watch_for(hostile_for);
  CHECK_FALSE(s.both_held);
  CHECK(s.requests < most_requests);
  CHECK(s.log->lines(log_level::warn).size() + s.log->lines(log_level::error).size() < 30);
  s.victim.transport->observer = nullptr;
  s.watch_for(40s);
  CHECK_FALSE(s.both_held);
  CHECK(s.led());
  // The one that got the nonsense can lead, too.
  s.rival_runs->cancel();
  s.b.rt.run(s.rivals->leave());
  s.watch_for(20s);
  CHECK(s.victims_term.holds());
  s.end();
}

}  // namespace

TEST_CASE("nonsense in place of sessions") {
  for (const answer& how : answers) check(paths[0], how);
}
TEST_CASE("nonsense in place of transactions") {
  for (const answer& how : answers) check(paths[1], how);
}
TEST_CASE("nonsense in place of the watch") {
  for (const answer& how : answers) check(paths[2], how);
}
TEST_CASE("nonsense in place of keys") {
  for (const answer& how : answers) check(paths[3], how);
}
TEST_CASE("nonsense in place of everything") {
  for (const answer& how : answers) check(paths[4], how);
}
