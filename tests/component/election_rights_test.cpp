// A token that lacks a right, loses it during a term, and has it again: one line for each outage,
// and no restart.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <vector>

#include "election_adversity.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

const std::string prefix = "pool/c";

/// Counts the lines that an operator sees.
class counting_log final : public log_sink {
 public:
  bool enabled(log_level) const noexcept override { return true; }
  void write(log_level level, std::string_view message,
             std::span<const log_field> fields) noexcept override {
    if (level >= log_level::warn) ++warnings;
    if (message == "right missing") ++missing;
    if (message == "right granted") ++granted;
    if (message == "right missing" && !fields.empty()) last = fields.front().value();
  }
  int warnings = 0;
  int missing = 0;
  int granted = 0;
  std::string last;
};

struct rights_fixture : election_fixture {
  rights_fixture() : log(std::make_shared<counting_log>()), p(add(with(log))) {}
  static elections_options with(std::shared_ptr<log_sink> sink) {
    elections_options o;
    o.log(std::move(sink));
    return o;
  }
  /// Requests whose target or body has that text are refused from now on. Empty: all.
  void forbid(std::string part, mishap how = mishap::forbidden) {
    p.transport->network = [part, how](runtime::lane, const runtime::http_request& r) {
      return has(r.target, part) || has(r.body, part) ? fate(how) : fate(1ms, 1ms);
    };
  }
  void allow() { p.transport->network = nullptr; }

  std::shared_ptr<counting_log> log;
  process& p;
};

bool asks_for(const runtime::http_request& r, const std::string& key) {
  return has(r.target, key) || has(r.body, '"' + key + '"');
}

asio::awaitable<void> count_while(manual_runtime& rt, int& running, int& began) {
  ++running;
  ++began;
  try {
    co_await runtime::sleep_until(rt.timers(), time_point::max());
  } catch (const boost::system::system_error&) {
    --running;
    throw;
  }
}

}  // namespace

TEST_CASE("a term that loses its rights ends with its lease; the next needs no restart") {
  rights_fixture b;
  const std::string what = GENERATE("", "/v1/txn", "check-index");
  CAPTURE(what);
  election e = b.p.elections->enter(key, quick());
  e.stand();
  term first = b.lead(e);
  REQUIRE(first.holds());
  const time_point lost_at = b.rt.now();
  b.forbid(what);
  REQUIRE(b.rt.run_until([&] { return first.reason() != end_reason::none; }, 6s));
  CHECK(b.rt.now() - lost_at <= 5s);
  CHECK_FALSE(first.holds());
  b.rt.advance(60s);
  const int rights = what.empty() ? 2 : 1;  // the session's is one
  CHECK(b.log->missing == rights);
  b.allow();
  running<end_reason> resigned(b.rt, first.resign());
  REQUIRE(b.rt.run_until([&] { return e.current() && e.current().holds(); }, 30s));
  CHECK(b.log->missing == rights);
  CHECK(b.log->granted == rights);
  b.shut_down();
}

TEST_CASE("a body is cancelled when its term loses its rights") {
  rights_fixture b;
  election e = b.p.elections->enter(key, quick());
  int running_now = 0;
  int began = 0;
  auto body = [&](term) { return count_while(b.rt, running_now, began); };
  running<end_reason> leads(b.rt, e.lead(body));
  REQUIRE(b.rt.run_until([&] { return running_now == 1; }, 20s));
  b.forbid("");
  REQUIRE(b.rt.run_until([&] { return running_now == 0; }, 6s));
  REQUIRE(b.rt.run_until([&] { return leads.done(); }, 11s));  // the key cannot be released
  CHECK(leads.value() == end_reason::expired);
  running<end_reason> refused(b.rt, e.lead(body));
  REQUIRE(b.rt.run_until([&] { return refused.done(); }, 10s));
  CHECK(refused.error() == consul_errc::forbidden);
  b.allow();
  running<end_reason> again(b.rt, e.lead(body));
  REQUIRE(b.rt.run_until([&] { return running_now == 1; }, 30s));
  CHECK(began == 2);
  CHECK(b.log->missing >= 1);
  again.cancel();
  b.shut_down();
}

TEST_CASE("a slot that loses its rights ends with its lease, and acquire() has one again") {
  rights_fixture b;
  const mishap how = GENERATE(mishap::forbidden, mishap::hidden);
  semaphore s = b.p.elections->contend(prefix, 1, quick());
  running<term> first(b.rt, s.acquire());
  REQUIRE(b.rt.run_until([&] { return first.done(); }, 20s));
  term slot = first.value();
  b.forbid("", how);
  REQUIRE(b.rt.run_until([&] { return slot.reason() != end_reason::none; }, 6s));
  running<end_reason> resigned(b.rt, slot.resign());
  b.rt.advance(1s);
  running<term> refused(b.rt, s.acquire());
  REQUIRE(b.rt.run_until([&] { return refused.done(); }, 10s));
  CHECK(refused.error() == consul_errc::forbidden);
  b.rt.advance(60s);
  b.allow();
  running<term> again(b.rt, s.acquire());
  REQUIRE(b.rt.run_until([&] { return again.done(); }, 30s));
  REQUIRE_FALSE(again.error());
  CHECK(again.value().holds());
  b.shut_down();
}

// The holder lives on, and one of the contenders sees an empty prefix for longer than a span.
TEST_CASE("a candidate for a slot does not take hidden holders for dead") {
  rights_fixture b;
  process& holder = b.add();
  semaphore held = holder.elections->contend(prefix, 1, quick());
  running<term> slot(b.rt, held.acquire());
  REQUIRE(b.rt.run_until([&] { return slot.done(); }, 20s));
  semaphore s = b.p.elections->contend(prefix, 1, quick());
  running<term> waiting(b.rt, s.acquire());
  b.rt.advance(5s);
  b.forbid("recurse", mishap::hidden);
  b.rt.advance(60s);
  CHECK_FALSE(waiting.done());
  b.allow();
  b.rt.advance(60s);
  CHECK_FALSE(waiting.done());
  CHECK(slot.value().holds());
  term its_slot = slot.value();
  running<end_reason> resigned(b.rt, its_slot.resign());
  REQUIRE(b.rt.run_until([&] { return waiting.done(); }, 30s));
  b.shut_down();
}

TEST_CASE("watchers of keys that a list hides learn of the missing right, not that they are free") {
  rights_fixture b;
  for (int i = 0; i < 20; ++i) b.ask("PUT", "/v1/kv/many/" + std::to_string(i), "v");
  b.forbid("many/", mishap::hidden);
  std::vector<observer> all;
  for (int i = 0; i < 20; ++i)
    all.push_back(b.p.elections->observe("many/" + std::to_string(i)));
  running<leader> next(b.rt, all[3].next());
  b.rt.advance(60s);
  CHECK_FALSE(next.done());
  CHECK(all[3].last_error() == consul_errc::forbidden);
  CHECK(b.log->missing >= 1);
  CHECK(b.log->missing <= 8);
  CHECK(has(b.log->last, "lacks key:read on \"many/"));
  b.allow();
  REQUIRE(b.rt.run_until([&] { return next.done(); }, 60s));
  CHECK_FALSE(next.error());
  b.shut_down();
}

// A token that may claim a key may read it, too: the answer to the claim tells whether a list has
// hidden the key.
TEST_CASE("keys that candidates claim are not checked, but those of others are") {
  const bool observed = GENERATE(false, true);
  rights_fixture b;
  b.p.transport->observer = [](const runtime::http_request&, runtime::http_response& answer) {
    for (auto& [name, value] : answer.headers) {
      if (name == "X-Consul-Default-Acl-Policy") value = "deny";
    }
  };
  int checks = 0;
  b.p.transport->network = [&](runtime::lane, const runtime::http_request& r) {
    if (has(r.body, "check-session") && !has(r.body, "\"Session\"")) ++checks;
    return fate(1ms, 1ms);
  };
  std::vector<election> all;
  std::vector<observer> others;
  for (int i = 100; i < 140; ++i) {
    all.push_back(b.p.elections->enter("many/" + std::to_string(i), quick()));
    all.back().stand();
    if (observed) others.push_back(b.p.elections->observe("many/" + std::to_string(i)));
  }
  for (election& e : all) {
    REQUIRE(b.rt.run_until([&] { return e.current() && e.current().holds(); }, 20s));
  }
  CHECK(checks == (observed ? 1 : 0));
  b.shut_down();
}

TEST_CASE("candidates for keys that a list hides learn of the missing right, and lead later") {
  rights_fixture b;
  for (int i = 100; i < 120; ++i) b.ask("PUT", "/v1/kv/many/" + std::to_string(i), "v");
  b.forbid("many/", mishap::hidden);
  std::vector<election> all;
  for (int i = 100; i < 120; ++i) {
    all.push_back(b.p.elections->enter("many/" + std::to_string(i), quick()));
    all.back().stand();
  }
  b.rt.advance(60s);
  for (election& e : all) {
    CHECK_FALSE(e.current().holds());
    CHECK(e.last_error() == consul_errc::forbidden);
  }
  CHECK(b.log->missing >= 1);
  CHECK(b.log->missing <= 8);
  b.allow();
  for (election& e : all) {
    REQUIRE(b.rt.run_until([&] { return e.current() && e.current().holds(); }, 60s));
  }
  b.shut_down();
}

// The first of the keys that are missing in the list is really missing, and may be read.
TEST_CASE("a list hides one key among others that are missing") {
  const bool existed_before = GENERATE(false, true);
  rights_fixture b;
  const std::string hidden = existed_before ? "many/35" : "many/15";
  b.ask("PUT", "/v1/kv/" + hidden, "v");
  std::vector<observer> all;
  const auto observe = [&] {
    for (int i = 10; i < 40; ++i)
      all.push_back(b.p.elections->observe("many/" + std::to_string(i)));
  };
  const std::size_t at = existed_before ? 25 : 5;
  if (existed_before) {
    observe();
    running<leader> first(b.rt, all[at].next());
    REQUIRE(b.rt.run_until([&] { return first.done(); }, 10s));
    b.p.cut_off();
    b.rt.advance(1000s);
  }
  b.p.transport->network = [&](runtime::lane, const runtime::http_request& r) {
    if (has(r.target, "recurse")) return fate(mishap::hidden);
    return asks_for(r, hidden) ? fate(mishap::forbidden) : fate(1ms, 1ms);
  };
  if (!existed_before) observe();
  running<leader> next(b.rt, all[at].next());
  running<leader> other(b.rt, all[0].next());
  b.rt.advance(60s);
  CHECK(other.done());
  CHECK(all[0].last_error() == error_code());
  CHECK_FALSE(next.done());
  CHECK(all[at].last_error() == consul_errc::forbidden);
  b.allow();
  if (existed_before) b.ask("DELETE", "/v1/kv/" + hidden);
  CHECK(b.rt.run_until([&] { return all[at].last_error() == error_code(); }, 60s));
  b.shut_down();
}

// Until then no successor knows that the keys of a dead session are free.
TEST_CASE("keys that vanish together are checked with a few requests") {
  rights_fixture b;
  std::vector<observer> all;
  for (int i = 100; i < 200; ++i) {
    b.ask("PUT", "/v1/kv/many/" + std::to_string(i), "v");
    all.push_back(b.p.elections->observe("many/" + std::to_string(i)));
  }
  b.p.transport->observer = [](const runtime::http_request&, runtime::http_response& answer) {
    for (auto& [name, value] : answer.headers) {
      if (name == "X-Consul-Default-Acl-Policy") value = "deny";
    }
  };
  b.rt.advance(5s);
  int checks = 0;
  int reads = 0;
  b.p.transport->network = [&](runtime::lane, const runtime::http_request& r) {
    if (has(r.body, "check-session")) ++checks;
    if (has(r.target, "/v1/kv/many/1") && !has(r.target, "recurse")) ++reads;
    return fate(20ms, 20ms);
  };
  b.rt.advance(1s);
  checks = reads = 0;
  b.ask("DELETE", "/v1/kv/many/?recurse");
  b.rt.advance(200ms);
  CHECK(checks == 2);
  CHECK(reads == 0);
  for (observer& each : all) {
    running<leader> next(b.rt, each.next());
    b.rt.advance(1ms);
    REQUIRE(next.done());
    CHECK_FALSE(next.value().present());
  }
  b.shut_down();
}

TEST_CASE("long keys that vanish together are checked in transactions that Consul takes") {
  rights_fixture b;
  const std::string long_name(8200, 'x');
  std::vector<observer> all;
  for (int i = 100; i < 164; ++i) {
    const std::string name = "many/" + std::to_string(i) + long_name;
    b.ask("PUT", "/v1/kv/" + name, "v");
    all.push_back(b.p.elections->observe(name));
  }
  b.p.transport->observer = [](const runtime::http_request&, runtime::http_response& answer) {
    for (auto& [name, value] : answer.headers) {
      if (name == "X-Consul-Default-Acl-Policy") value = "deny";
    }
  };
  b.rt.advance(5s);
  b.ask("DELETE", "/v1/kv/many/?recurse");
  b.rt.advance(1s);
  CHECK(b.log->warnings == 0);
  for (observer& each : all) {
    running<leader> next(b.rt, each.next());
    b.rt.advance(1ms);
    REQUIRE(next.done());
    CHECK_FALSE(next.value().present());
  }
  b.shut_down();
}

TEST_CASE("keys that a list shows do not wait for the reads of those that it lacks") {
  rights_fixture b;
  std::vector<observer> all;
  for (int i = 100; i < 120; ++i) {
    if (i != 105) b.ask("PUT", "/v1/kv/many/" + std::to_string(i), "v");
    all.push_back(b.p.elections->observe("many/" + std::to_string(i)));
  }
  b.p.transport->observer = [](const runtime::http_request&, runtime::http_response& answer) {
    for (auto& [name, value] : answer.headers) {
      if (name == "X-Consul-Default-Acl-Policy") value = "deny";
    }
  };
  b.p.transport->network = [](runtime::lane, const runtime::http_request& r) {
    return asks_for(r, "many/105") ? fate(mishap::silent_before) : fate(1ms, 1ms);
  };
  running<leader> shown(b.rt, all[6].next());
  running<leader> missing(b.rt, all[5].next());
  b.rt.advance(1s);
  CHECK(shown.done());
  CHECK_FALSE(missing.done());
  b.allow();
  CHECK(b.rt.run_until([&] { return missing.done(); }, 60s));
  b.shut_down();
}

TEST_CASE("a missing right is one line, however often the session is tried") {
  rights_fixture b;
  b.forbid("session/create");
  election e = b.p.elections->enter(key, quick());
  e.stand();
  b.rt.advance(60s);
  CHECK(b.log->warnings == 1);
  CHECK(has(b.log->last, "PUT /v1/session/create at 127.0.0.1:8500: the token lacks session:write "
                         "(session_prefix \"\" { policy = \"write\" })"));
  CHECK(e.last_error() == consul_errc::forbidden);
  b.allow();
  REQUIRE(b.rt.run_until([&] { return e.current() && e.current().holds(); }, 20s));
  CHECK(b.log->granted == 1);
  b.forbid("session/renew");
  b.rt.advance(8s);
  CHECK(b.log->missing == 2);
  b.shut_down();
}
