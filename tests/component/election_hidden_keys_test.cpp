// A list leaves out what the token may not read: keys that it lacks may still be held.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <vector>

#include "rights_fixture.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

bool asks_for(const runtime::http_request& r, const std::string& key) {
  return has(r.target, key) || has(r.body, '"' + key + '"');
}

void check_all_free(rights_fixture& b, std::vector<observer>& all) {
  for (observer& each : all) {
    running<leader> next(b.rt, each.next());
    b.rt.advance(1ms);
    REQUIRE(next.done());
    CHECK_FALSE(next.value().present());
  }
}

}  // namespace

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
  check_all_free(b, all);
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
  check_all_free(b, all);
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
