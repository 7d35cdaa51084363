// The leader's settings: readers see a group of changes whole or not at all, and only the leader
// writes.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "election_fixture.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

const std::string key = "service/s/leader";
const std::string where = leader_settings::key_for(key);

candidacy quick() { return candidacy("me").span(5s).ttl(10s).lock_delay(0s); }

error_code outcome(election_fixture& b, asio::awaitable<void> task) {
  running<bool> r(b.rt, truly(std::move(task)));
  b.rt.run_until([&] { return r.done(); });
  return r.error();
}

leader_settings::changes one_change(std::string name, std::string value) {
  leader_settings::changes g;
  g.emplace(std::move(name), std::move(value));
  return g;
}

}  // namespace

TEST_CASE("settings can be set as a group, read and removed") {
  election_fixture b;
  process& p = b.add();
  election e = p.elections->enter(key, quick());
  leader_settings s = p.elections->settings_in(where);
  REQUIRE(where == key + ".settings");
  REQUIRE(b.rt.run(s.get()) == settings_snapshot());
  term t = b.lead(e);
  leader_settings::changes two = one_change("host", "db-1");
  two.emplace("port", "5432");
  REQUIRE_FALSE(outcome(b, s.set(t, two)));
  const settings_snapshot first = b.rt.run(s.get());
  REQUIRE(first.values == two);
  REQUIRE(*first.find("port") == "5432");
  REQUIRE(first.find("nosuch") == nullptr);
  leader_settings::changes change = one_change("port", "");
  change.emplace("note", "a \"b\"\n");
  REQUIRE_FALSE(outcome(b, s.set(t, change)));
  const settings_snapshot second = b.rt.run(s.get());
  REQUIRE(second.index > first.index);
  REQUIRE(second.values ==
          std::map<std::string, std::string>{{"host", "db-1"}, {"note", "a \"b\"\n"}});
  REQUIRE_FALSE(outcome(b, s.set(t, change)));  // nothing to change
  REQUIRE(b.rt.run(s.get()).index == second.index);
  b.shut_down();
}

TEST_CASE("invalid settings are refused, and foreign content of the key is kept") {
  election_fixture b;
  process& p = b.add();
  election e = p.elections->enter(key, quick());
  leader_settings s = p.elections->settings_in(where);
  term t = b.lead(e);
  REQUIRE(outcome(b, s.set(t, {})) == errc::bad_argument);
  REQUIRE(outcome(b, s.set(t, one_change("", "x"))) == errc::bad_argument);
  REQUIRE(outcome(b, s.set(t, one_change("x", "\xff"))) == errc::bad_argument);
  REQUIRE(outcome(b, s.set(t, one_change("x", std::string(384'001, 'a')))) == errc::bad_argument);
  REQUIRE_THROWS_AS(p.elections->settings_in("/x"), bad_configuration);
  b.ask("PUT", "/v1/kv/" + where, "somebody's notes");
  REQUIRE(outcome(b, s.set(t, one_change("x", "1"))) == errc::bad_argument);
  REQUIRE(b.key(where).find("c29tZWJvZHkncyBub3Rlcw==") != std::string::npos);
  b.shut_down();
}

TEST_CASE("only the leader can set, even if nothing would change") {
  election_fixture b;
  process& p = b.add();
  election e = p.elections->enter(key, quick());
  leader_settings s = p.elections->settings_in(where);
  REQUIRE(outcome(b, s.set(term(), one_change("a", "1"))) == errc::not_leading);
  term t = b.lead(e);
  REQUIRE_FALSE(outcome(b, s.set(t, one_change("a", "1"))));
  SECTION("after resigning") {
    REQUIRE(b.rt.run(t.resign()) == end_reason::resigned);
  }
  SECTION("after being deposed without having noticed") {
    p.transport->network = [](runtime::lane where_to, const runtime::http_request&) {
      return where_to == runtime::lane::polls ? fate(mishap::silent_before) : fate();
    };
    b.rt.advance(40s);
    b.ask("DELETE", "/v1/kv/" + key);
    REQUIRE(t.holds());
  }
  REQUIRE(outcome(b, s.set(t, one_change("a", "1"))) == errc::not_leading);
  REQUIRE(outcome(b, s.set(t, one_change("a", "2"))) == errc::not_leading);
  REQUIRE(b.rt.run(s.get()).values.at("a") == "1");
  b.shut_down();
}

TEST_CASE("a set with a lost reply is resolved") {
  election_fixture b;
  process& p = b.add();
  election e = p.elections->enter(key, quick());
  leader_settings s = p.elections->settings_in(where);
  term t = b.lead(e);
  const mishap what = GENERATE(mishap::reset_after, mishap::reset_before, mishap::silent_after);
  int n = 0;
  p.transport->network = [&](runtime::lane, const runtime::http_request& r) {
    const bool set = r.body.find(where) != std::string::npos;
    return fate(set && ++n == 1 ? what : mishap::none);
  };
  REQUIRE_FALSE(outcome(b, s.set(t, one_change("a", "1"))));
  REQUIRE(b.rt.run(s.get()).values.at("a") == "1");
  b.shut_down();
}

TEST_CASE("a follower of settings sees every group whole") {
  election_fixture b;
  process& leader = b.add();
  process& follower = b.add();
  election e = leader.elections->enter(key, quick());
  leader_settings writing = leader.elections->settings_in(where);
  leader_settings reading = follower.elections->settings_in(where);
  REQUIRE(b.rt.run(reading.next()) == settings_snapshot());
  term t = b.lead(e);
  std::uint64_t last = 0;
  for (int i = 0; i < 20; ++i) {
    running<settings_snapshot> next(b.rt, reading.next());
    leader_settings::changes both = one_change("a", std::to_string(i));
    both.emplace("b", std::to_string(i));
    REQUIRE_FALSE(outcome(b, writing.set(t, both)));
    b.rt.run_until([&] { return next.done(); });
    REQUIRE(next.value().values == both);
    REQUIRE(next.value().index > last);
    last = next.value().index;
  }
  // A value that is not settings is skipped and reported.
  running<settings_snapshot> next(b.rt, reading.next());
  b.ask("PUT", "/v1/kv/" + where, "[]");
  b.rt.advance(1s);
  REQUIRE_FALSE(next.done());
  REQUIRE(reading.last_error() == errc::bad_argument);
  b.ask("PUT", "/v1/kv/" + where, R"({"c":"by hand"})");
  b.rt.run_until([&] { return next.done(); });
  REQUIRE(next.value().values.at("c") == "by hand");
  running<settings_snapshot> cut(b.rt, reading.next());
  b.shut_down();
  REQUIRE(cut.error() == errc::shut_down);
}

TEST_CASE("a follower learns that settings are gone, though it cannot ask at once") {
  election_fixture b;
  process& p = b.add();
  leader_settings s = p.elections->settings_in(where);
  b.ask("PUT", "/v1/kv/" + where, R"({"a":"1"})");
  REQUIRE(b.rt.run(s.next()).values == one_change("a", "1"));
  int asked = 0;
  p.transport->network = [&](runtime::lane lane, const runtime::http_request&) {
    return fate(lane != runtime::lane::polls && ++asked <= 3 ? mishap::reset_before
                                                             : mishap::none);
  };
  running<settings_snapshot> next(b.rt, s.next());
  b.ask("DELETE", "/v1/kv/" + where);
  b.rt.advance(30s);
  REQUIRE(next.done());
  CHECK(next.value() == settings_snapshot());
  b.shut_down();
}

TEST_CASE("an answer that comes late replaces no newer settings") {
  election_fixture b;
  process& p = b.add();
  leader_settings s = p.elections->settings_in(where);
  b.ask("PUT", "/v1/kv/" + where, R"({"a":"1"})");
  REQUIRE(b.rt.run(s.next()).values == one_change("a", "1"));
  p.transport->network = [](runtime::lane lane, const runtime::http_request&) {
    return lane != runtime::lane::polls ? fate(0s, 5s) : fate();
  };
  running<settings_snapshot> next(b.rt, s.next());
  b.ask("DELETE", "/v1/kv/" + where);
  b.rt.advance(1s);  // asked for, and answered before the next line
  b.ask("PUT", "/v1/kv/" + where, R"({"a":"2"})");
  b.rt.advance(1s);
  REQUIRE(next.done());
  CHECK(next.value().values == one_change("a", "2"));
  running<settings_snapshot> more(b.rt, s.next());
  b.rt.advance(30s);
  CHECK_FALSE(more.done());
  b.shut_down();
}

TEST_CASE("settings are read from text and written as text") {
  const auto read = settings_snapshot::parse(R"({"b":"2","a":"<1>"})");
  REQUIRE(read);
  REQUIRE(read->index == 0);
  REQUIRE(read->values == leader_settings::changes{{"a", "<1>"}, {"b", "2"}});
  REQUIRE(settings_snapshot::parse(read->text()) == read);
  REQUIRE(settings_snapshot::parse("")->values.empty());
  REQUIRE(settings_snapshot().text() == "{}");
  for (const char* bad : {"[]", R"({"a":1})", R"({"a":"1","a":"2"})", "a"})
    REQUIRE_FALSE(settings_snapshot::parse(bad));
}
