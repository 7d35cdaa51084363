// Leaving elections, terms that end before their campaign wakes, and shutting down.
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "election_adversity.hpp"

using namespace tenure;
using namespace tenure::test;

// -- leaving -------------------------------------------------------------------------------------

TEST_CASE("leaving during a term gives the key back") {
  election_fixture b;
  process& p = b.add();
  std::optional<election> e = p.elections->enter(key, quick());
  term t = b.lead(*e);
  SECTION("leave") { b.rt.run(e->leave()); }
  SECTION("the handle is destroyed") { e.reset(); }
  b.rt.advance(60s);
  CHECK_FALSE(t.holds());
  CHECK(t.reason() == end_reason::resigned);
  CHECK_FALSE(locked(b));
  b.shut_down();
}

TEST_CASE("leaving during an outage longer than a request gives the key back after the outage") {
  election_fixture b;
  process& p = b.add();
  std::optional<election> e = p.elections->enter(key, quick());
  auto body = [&b](tenure::term) -> asio::awaitable<void> {
    co_await runtime::sleep_until(b.rt.timers(), time_point::max());
  };
  running<end_reason> leading(b.rt, e->lead(std::move(body)));
  b.rt.advance(1s);
  p.cut_off();
  running<bool> leaving(b.rt, truly(e->leave()));
  b.rt.advance(11s);
  p.reconnect();
  b.rt.advance(60s);
  CHECK(leaving.done());
  CHECK(leading.done());
  CHECK_FALSE(locked(b));
  b.shut_down();
}

TEST_CASE("entering again after leaving does not free the key while the old body still runs") {
  election_fixture b;
  process& p = b.add();
  election e = p.elections->enter(key, quick());
  int bodies = 0;
  int most = 0;
  auto body = [&](tenure::term) { return stubborn(b.rt, 60s, bodies, most); };
  running<end_reason> leading(b.rt, e.lead(std::move(body)));
  b.rt.advance(1s);
  running<bool> leaving(b.rt, truly(e.leave()));
  b.rt.advance(30s);
  std::optional<election> again;
  try {
    again.emplace(p.elections->enter(key, quick()));
    again->stand();
  } catch (const boost::system::system_error&) {
  }
  b.rt.advance(5s);
  CHECK(bodies == 1);
  CHECK(locked(b));
  if (again) CHECK_FALSE(again->current().holds());
  b.rt.advance(60s);
  CHECK(leading.done());
  b.shut_down();
}

TEST_CASE("leaving an election ends its waiting campaign") {
  election_fixture b;
  election other = b.add().elections->enter(key, quick("other"));
  term t = b.lead(other);
  std::optional<election> e = b.add().elections->enter(key, quick());
  running<term> campaign(b.rt, e->campaign());
  b.rt.advance(1s);
  SECTION("leave") { b.rt.run(e->leave()); }
  SECTION("the handle is destroyed") { e.reset(); }
  b.rt.advance(60s);
  CHECK(campaign.done());
  b.shut_down();
  CHECK(campaign.done());
}

// -- terms that end before their campaign wakes --------------------------------------------------

TEST_CASE("a term that is lost before its campaign wakes does not hang the candidate") {
  election_fixture b;
  auto log = std::make_shared<listening_log>();
  elections_options options;
  options.log(log);
  process& p = b.add(options);
  election e = p.elections->enter(key, quick());
  SECTION("two answers that arrive together") {
    p.transport->network = [](runtime::lane where, const runtime::http_request& r) {
      // The watch finds no key, waits a second for the claim's reply and then polls.
      if (where == runtime::lane::polls) return fate(0s, 50ms);
      return claims(r) ? fate(0s, 1050ms) : fate();
    };
    running<term> campaign(b.rt, e.campaign());
    b.rt.advance(999ms);
    const std::string held = b.key(key);
    const auto at = held.find("\"Session\":\"") + 11;
    b.ask("PUT", "/v1/kv/" + key + "?release=" + held.substr(at, 36), "v");
    b.rt.advance(51ms);
    p.transport->network = nullptr;
    b.rt.advance(60s);
    CHECK(campaign.done());
    if (campaign.done()) CHECK(campaign.value().holds());
  }
  SECTION("the process is paused at that moment") {
    log->on_leading = [&] { pause(b.rt, 8s); };
    running<term> campaign(b.rt, e.campaign());
    b.rt.advance(60s);
    CHECK(campaign.done());
    if (campaign.done()) CHECK(campaign.value().holds());
  }
  b.shut_down();
}

TEST_CASE("no body starts after its lease has ended") {
  election_fixture b;
  auto log = std::make_shared<listening_log>();
  elections_options options;
  options.log(log);
  election e = b.add(options).elections->enter(key, quick());
  // Paused between the begin of the term and the campaign's wake-up.
  log->on_leading = [&] { asio::post(b.rt.executor(), [&] { pause(b.rt, 8s); }); };
  bool held = true;
  auto body = [&held](tenure::term t) -> asio::awaitable<void> {
    held = t.holds();
    co_return;
  };
  running<end_reason> leading(b.rt, e.lead(std::move(body)));
  b.rt.advance(60s);
  CHECK(leading.done());
  CHECK(held);
  b.shut_down();
}

TEST_CASE("a second lead() does not run a second body on the same term") {
  election_fixture b;
  election e = b.add().elections->enter(key, quick());
  int bodies = 0;
  int most = 0;
  auto first = [&](tenure::term) { return stubborn(b.rt, 1s, bodies, most); };
  auto second = [&](tenure::term) { return stubborn(b.rt, 1s, bodies, most); };
  running<end_reason> one(b.rt, e.lead(std::move(first)));
  b.rt.advance(1s);
  running<end_reason> two(b.rt, e.lead(std::move(second)));
  b.rt.advance(1s);
  CHECK(most == 1);
  CHECK(two.done());
  CHECK(two.error() == errc::busy);
  one.cancel();
  two.cancel();
  b.rt.advance(10s);
  b.shut_down();
}

// -- the end -------------------------------------------------------------------------------------

TEST_CASE("the engine lives until its shutdown in the background has ended") {
  election_fixture b;
  process& p = b.add();
  std::weak_ptr<impl::engine> engine = p.engine;
  p.engine.reset();
  SECTION("nothing was entered") { p.elections.reset(); }
  SECTION("an election that never ran") {
    { election e = p.elections->enter(key, quick()); }
    p.elections.reset();
  }
  CHECK_FALSE(engine.expired());
  if (!engine.expired()) {
    b.rt.advance(60s);
    CHECK(engine.expired());
    b.processes.clear();
  }
  // Without a live engine the queue must not run: its handlers refer to the engine.
}

TEST_CASE("without Consul, shutting down several sessions takes no longer than one") {
  election_fixture b;
  process& other = b.add();
  elections_options options;
  options.sessions(3);
  process& p = b.add(options);
  std::vector<election> theirs;
  std::vector<election> ours;
  for (int i = 0; i < 3; ++i) {
    const std::string name = "m/" + std::to_string(i);
    theirs.push_back(other.elections->enter(name, quick()));
    theirs.back().stand();
    b.rt.advance(100ms);
    ours.push_back(p.elections->enter(name, quick()));
    ours.back().stand();
  }
  b.rt.advance(1s);
  p.cut_off();
  const time_point asked = b.rt.now();
  running<bool> down(b.rt, truly(p.elections->shut_down()));
  b.rt.run_until([&] { return down.done(); });
  CHECK(b.rt.now() - asked <= 12s);
  b.shut_down();
}

TEST_CASE("every value that enter() accepts can be published") {
  election_fixture b;
  process& p = b.add();
  std::optional<election> e;
  try {
    e.emplace(p.elections->enter(key, quick(std::string(500'000, 'x'))));
  } catch (const bad_configuration&) {
  }
  if (e) {
    running<term> campaign(b.rt, e->campaign());
    b.rt.advance(1s);
    CHECK_FALSE(campaign.error());
  }
  b.shut_down();
}

TEST_CASE("keys with long values that are held without a participant are released") {
  election_fixture b;
  process& p = b.add();
  const std::string created = b.ask("PUT", "/v1/session/create", "{}").body;
  const std::size_t at = created.find(":\"") + 2;
  const std::string session = created.substr(at, 36);
  const std::string value(40'000, 'v');
  std::vector<std::string> held;
  for (int i = 0; i < 30; ++i) {
    held.push_back("left/" + std::to_string(i));
    const std::string flags = "&flags=" + std::to_string(consul::lock_flags);
    b.ask("PUT", "/v1/kv/" + held.back() + "?acquire=" + session + flags, value);
    consul::kv_entry entry;
    entry.key = held.back();
    entry.value = value;
    entry.session = session;
    entry.flags = consul::lock_flags;
    const std::string stored = b.key(entry.key);
    REQUIRE(has(stored, "\"Session\""));
    const std::string_view name = "\"ModifyIndex\":";
    entry.modify_index = std::stoull(stored.substr(stored.find(name) + name.size()));
    p.engine->shared()->unwanted.on_unwatched_hold(entry);
  }
  b.rt.advance(3s);
  for (const std::string& one : held) CHECK_FALSE(has(b.key(one), "\"Session\""));
  b.shut_down();
}

TEST_CASE("a key that is held without a participant is released, though the first try fails") {
  election_fixture b;
  process& p = b.add();
  const std::string created = b.ask("PUT", "/v1/session/create", "{}").body;
  consul::kv_entry entry;
  entry.key = "left/one";
  entry.value = "v";
  entry.session = created.substr(created.find(":\"") + 2, 36);
  entry.flags = consul::lock_flags;
  b.ask("PUT", "/v1/kv/" + entry.key + "?acquire=" + entry.session +
                   "&flags=" + std::to_string(entry.flags), entry.value);
  const std::string stored = b.key(entry.key);
  const std::string_view name = "\"ModifyIndex\":";
  entry.modify_index = std::stoull(stored.substr(stored.find(name) + name.size()));
  mishap first = mishap::none;
  SECTION("by an outage") { first = mishap::reset_before; }
  SECTION("for a token that was refused once") { first = mishap::forbidden; }
  SECTION("because somebody has written over it") {
    b.ask("PUT", "/v1/kv/" + entry.key, "by hand");
  }
  int tries = 0;
  p.transport->network = [&](runtime::lane, const runtime::http_request& r) {
    return fate(has(r.body, "unlock") && ++tries == 1 ? first : mishap::none);
  };
  p.engine->shared()->unwanted.on_unwatched_hold(entry);
  b.rt.advance(20s);
  CHECK(tries == 2);
  CHECK_FALSE(has(b.key(entry.key), "\"Session\""));
  b.shut_down();
}

TEST_CASE("a key that is held without a participant is released, if only an observer sees it") {
  election_fixture b;
  process& p = b.add();
  const std::string created = b.ask("PUT", "/v1/session/create", "{}").body;
  const std::string session = created.substr(created.find(":\"") + 2, 36);
  p.engine->shared()->unwanted.add_session(core::session_id(session));
  const observer o = p.elections->observe("left/one");
  b.rt.advance(1s);
  b.ask("PUT", "/v1/kv/left/one?acquire=" + session +
                   "&flags=" + std::to_string(consul::lock_flags), "v");
  REQUIRE(has(b.key("left/one"), "\"Session\""));
  b.rt.advance(5s);
  CHECK_FALSE(has(b.key("left/one"), "\"Session\""));
  b.shut_down();
}
