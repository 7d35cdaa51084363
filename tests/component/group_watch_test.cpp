// The watch of a group's members: what it reports, and how it deletes what crashed members left.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "group_parts.hpp"
#include "support/kept_log.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

std::string session_of(process& p, election_fixture& b) {
  const auto pooled = p.engine->shared()->sessions.session_for(quick());
  b.rt.run_until([&] { return !pooled->session->id().empty(); });
  return pooled->session->id();
}

/// What a member leaves that crashed: its key, which no session locks any more.
std::string leave_key(election_fixture& b) {
  process& p = b.add();
  keeping_key member(b, p, "crashed");
  member.wait_written();
  const std::string name = member.name();
  const std::string session = member.key->session();
  member.end();
  p.cut_off();
  REQUIRE(b.ask("PUT", "/v1/session/destroy/" + session).status == 200);
  return name;
}

}  // namespace

TEST_CASE("a group watch reports the group at once, and then changes only") {
  election_fixture b;
  process& p = b.add();
  watching_group watch(b, p);
  b.rt.run_until_idle();
  REQUIRE(watch.views.size() == 1);
  CHECK(watch.views[0].members.empty());
  keeping_key member(b, p, "a", 0s);
  member.wait_written();
  b.rt.advance(1s);
  REQUIRE(watch.views.size() == 2);
  CHECK(watch.views[1].members.at(0).document.name == "a");
  b.ask("PUT", "/v1/kv/g/members/.drained/a", "");
  b.rt.advance(1s);
  REQUIRE(watch.views.size() == 3);
  CHECK(watch.views[2].drained.contains("a"));
  // Neither another key, nor another index of the same content.
  b.ask("PUT", "/v1/kv/elsewhere", "x");
  b.ask("PUT", "/v1/kv/g/members/note", "x");
  b.ask("PUT", "/v1/kv/g/members/.drained/a", "why");
  b.rt.advance(60s);
  CHECK(watch.views.size() == 3);
  b.ask("PUT", "/v1/kv/g/members/.pinned/g/1", "a\n");
  b.ask("DELETE", "/v1/kv/g/members/.drained/a");
  b.rt.advance(1s);
  CHECK(watch.views.back().drained.empty());
  CHECK(watch.views.back().pins.at("g/1") == "a");
  watch.end();
  member.end();
  b.shut_down();
}

TEST_CASE("a group watch reads linearizably") {
  election_fixture b;
  process& p = b.add();
  int others = 0;
  p.transport->network = [&](runtime::lane, const runtime::http_request& r) {
    if (r.method == "GET" && !has(r.target, "consistent")) ++others;
    return fate();
  };
  watching_group watch(b, p);
  b.rt.advance(90s);
  CHECK(others == 0);
  watch.end();
  b.shut_down();
}

TEST_CASE("the first of the members deletes what a crash left, and one request is enough") {
  election_fixture b;
  process& p = b.add();
  process& q = b.add();
  counted_writes of_first(p);
  counted_writes of_second(q);
  watching_group first(b, p, 0);
  watching_group second(b, q, 1);
  b.rt.run_until_idle();
  const std::string left = leave_key(b);
  b.rt.advance(400ms);
  CHECK(b.key(left).empty());
  b.rt.advance(5s);
  CHECK(of_first.sent == 1);
  CHECK(of_second.sent == 0);
  first.end();
  second.end();
  b.shut_down();
}

TEST_CASE("the lock that another program has left below the members' prefix stays") {
  election_fixture b;
  watching_group first(b, b.add(), 0);
  b.rt.run_until_idle();
  const std::string other = "g/members/report";
  b.ask("PUT", "/v1/kv/" + other + "?flags=" + std::to_string(consul::lock_flags), "host-a");
  b.rt.advance(5s);
  CHECK_FALSE(b.key(other).empty());
  first.end();
  b.shut_down();
}

TEST_CASE("another member deletes it a handicap later, if the first one does not") {
  election_fixture b;
  process& p = b.add();
  watching_group second(b, p, 1);
  b.rt.run_until_idle();
  const std::string left = leave_key(b);
  b.rt.advance(400ms);
  CHECK_FALSE(b.key(left).empty());
  b.rt.advance(700ms);
  CHECK(b.key(left).empty());
  second.end();
  b.shut_down();
}

TEST_CASE("a deletion that fails is tried again") {
  election_fixture b;
  process& p = b.add();
  watching_group watch(b, p);
  b.rt.run_until_idle();
  counted_writes writes(p);
  writes.first_are = 3;
  SECTION("refused") { writes.what = mishap::forbidden; }
  SECTION("its reply is lost") { writes.what = mishap::reset_after; }
  SECTION("the request is lost") { writes.what = mishap::reset_before; }
  const std::string left = leave_key(b);
  b.rt.advance(10s);
  CHECK(b.key(left).empty());
  b.rt.advance(5min);
  CHECK(writes.sent <= 4);
  watch.end();
  b.shut_down();
}

TEST_CASE("the notices to a crashed member go with its key, if the token may delete them") {
  election_fixture b;
  process& p = b.add();
  watching_group watch(b, p, 1);
  b.rt.run_until_idle();
  const std::string left = leave_key(b);
  const std::string session = left.substr(left.rfind('/') + 1);
  const std::string notice = "g/handed/" + session + "/1";
  const std::string others = "g/handed/" + session + "0/1";
  b.ask("PUT", "/v1/kv/" + notice, "x");
  b.ask("PUT", "/v1/kv/" + others, "x");
  const auto with_tree = [](const runtime::http_request& r) { return has(r.body, "delete-tree"); };
  bool may = true;
  SECTION("it may") {}
  SECTION("it may not") { may = false; }
  p.transport->network = [&](runtime::lane, const runtime::http_request& r) {
    return with_tree(r) && !may ? fate(mishap::forbidden) : fate();
  };
  b.rt.advance(5s);
  CHECK(b.key(left).empty());
  CHECK(b.key(notice).empty() == may);
  CHECK_FALSE(b.key(others).empty());
  watch.end();
  b.shut_down();
}

TEST_CASE("a key that is locked again before its turn stays") {
  election_fixture b;
  process& p = b.add();
  watching_group watch(b, p, 4);
  b.rt.run_until_idle();
  const std::string session = session_of(p, b);
  const std::string left = leave_key(b);
  b.rt.advance(1s);
  b.ask("PUT", "/v1/kv/" + left + "?acquire=" + session, "x");
  b.rt.advance(10s);
  CHECK(has(b.key(left), session));
  watch.end();
  b.shut_down();
}

TEST_CASE("an outage is reported once, and so is its end") {
  election_fixture b;
  process& p = b.add();
  watching_group watch(b, p);
  b.rt.run_until_idle();
  p.transport->network = [](runtime::lane, const runtime::http_request&) {
    return fate(mishap::refused);
  };
  b.ask("PUT", "/v1/kv/g/members/.drained/a", "");  // ends the poll that is under way
  b.rt.advance(60s);
  REQUIRE(watch.errors.size() == 1);
  CHECK(watch.errors[0] == consul_errc::unreachable);
  p.transport->network = [](runtime::lane, const runtime::http_request&) {
    return fate(mishap::forbidden);
  };
  b.rt.advance(60s);
  REQUIRE(watch.errors.size() == 2);
  CHECK(watch.errors[1] == consul_errc::forbidden);
  const std::size_t views = watch.views.size();
  p.reconnect();
  b.rt.advance(10s);
  REQUIRE(watch.errors.size() == 3);
  CHECK_FALSE(watch.errors[2]);
  CHECK(watch.views.size() == views);
  watch.end();
  b.shut_down();
}

TEST_CASE("a document that cannot be read is one warning, and no member") {
  auto log = std::make_shared<kept_log>();
  election_fixture b;
  elections_options options;
  options.log(log);
  process& p = b.add(options);
  const std::string session = session_of(p, b);
  const std::string name = impl::member_key_name("g", session);
  watching_group watch(b, p);
  b.rt.run_until_idle();
  const auto warnings = [&] {
    return std::ranges::count(log->lines(log_level::warn),
                              "member document unreadable key=" + name);
  };
  for (const char* text : {"x", "y", R"({"format":2,"name":"a","value":"v"})"}) {
    b.ask("PUT", "/v1/kv/" + name + "?acquire=" + session, text);
    b.rt.advance(1s);
  }
  CHECK(warnings() == 1);
  CHECK(watch.views.size() == 1);
  b.ask("PUT", "/v1/kv/" + name + "?acquire=" + session, consul::member_text(document("a")));
  b.rt.advance(1s);
  CHECK(watch.views.back().members.size() == 1);
  b.ask("PUT", "/v1/kv/" + name + "?acquire=" + session, "x");
  b.rt.advance(1s);
  CHECK(watch.views.back().members.empty());
  CHECK(warnings() == 2);
  watch.end();
  b.shut_down();
}
