// A member's own key: when it is written, and how it survives lost sessions, lost replies,
// operators and missing rights.
#include <catch2/catch_test_macros.hpp>
#include <tenure/bad_configuration.hpp>

#include "group_parts.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

void destroy_session(election_fixture& b, const std::string& session) {
  REQUIRE(b.ask("PUT", "/v1/session/destroy/" + session).status == 200);
}

bool remove(election_fixture& b, keeping_key& member) {
  running<bool> removing(b.rt, truly(member.key->remove()));
  b.rt.run_until([&] { return removing.done(); });
  return removing.value();
}

}  // namespace

TEST_CASE("a member's key is written at once, and once more when it has settled") {
  election_fixture b;
  process& p = b.add();
  process& reader = b.add();
  counted_writes writes(p);
  keeping_key member(b, p, "a");
  member.wait_written();
  auto view = read_group(b, reader);
  REQUIRE(view.members.size() == 1);
  CHECK(view.members[0].session == core::session_id(member.key->session()));
  CHECK(view.members[0].document == document("a"));
  b.rt.advance(9s);
  CHECK(writes.sent == 1);
  CHECK_FALSE(member.key->document().settled);
  b.rt.advance(2s);
  CHECK(writes.sent == 2);
  view = read_group(b, reader);
  REQUIRE(view.members.size() == 1);
  CHECK(view.members[0].document.settled);
  b.rt.advance(1min);
  CHECK(writes.sent == 2);
  member.end();
  b.shut_down();
}

TEST_CASE("without a settling time a member is settled by its first write") {
  election_fixture b;
  process& p = b.add();
  counted_writes writes(p);
  keeping_key member(b, p, "a", 0s);
  member.wait_written();
  CHECK(read_group(b, p).members.at(0).document.settled);
  b.rt.advance(1min);
  CHECK(writes.sent == 1);
  member.end();
  b.shut_down();
}

TEST_CASE("changes within a second are one write; leaving does not wait") {
  election_fixture b;
  process& p = b.add();
  process& reader = b.add();
  counted_writes writes(p);
  keeping_key member(b, p, "a", 0s);
  member.wait_written();
  b.rt.advance(5s);
  for (std::uint32_t i = 1; i <= 90; ++i) {
    core::group_member changed = member.key->document();
    changed.weight = i;
    member.key->publish(changed);
    b.rt.advance(10ms);
  }
  CHECK_FALSE(member.key->written());
  CHECK(writes.sent == 1);
  b.rt.advance(200ms);
  CHECK(member.key->written());
  CHECK(writes.sent == 2);
  CHECK(read_group(b, reader).members.at(0).document.weight == 90);
  core::group_member changed = member.key->document();
  changed.weight = 7;
  member.key->publish(changed);
  b.rt.run_until_idle();
  CHECK(writes.sent == 2);
  changed.leaving = true;
  member.key->publish(changed);
  b.rt.run_until_idle();
  CHECK(writes.sent == 3);
  CHECK(read_group(b, reader).members.at(0).document.leaving);
  CHECK(read_group(b, reader).members.at(0).document.weight == 7);
  member.end();
  b.shut_down();
}

TEST_CASE("a change that comes during a write follows within a second") {
  election_fixture b;
  process& p = b.add();
  keeping_key member(b, p, "a", 0s);
  member.wait_written();
  int sent = 0;
  p.transport->network = [&](runtime::lane, const runtime::http_request& r) {
    if (!has(r.target, "/v1/txn")) return fate();
    ++sent;
    return fate(0ms, 300ms);
  };
  core::group_member changed = member.key->document();
  changed.weight = 1;
  member.key->publish(changed);
  b.rt.run_until([&] { return sent == 1; });
  b.rt.advance(100ms);
  changed.weight = 2;
  member.key->publish(changed);
  b.rt.advance(1100ms);
  CHECK(sent == 1);
  b.rt.advance(500ms);
  CHECK(sent == 2);
  CHECK(member.key->written());
  p.reconnect();
  CHECK(read_group(b, p).members.at(0).document.weight == 2);
  member.end();
  b.shut_down();
}

TEST_CASE("a lost session: another key, and the member has to settle again") {
  election_fixture b;
  process& p = b.add();
  keeping_key member(b, p, "a");
  member.wait_written();
  b.rt.advance(15s);
  CHECK(member.key->document().settled);
  const std::string lost = member.key->session();
  destroy_session(b, lost);
  b.rt.run_until([&] { return member.key->session() != lost && member.key->written(); });
  const auto view = read_group(b, p);
  REQUIRE(view.members.size() == 1);
  CHECK(view.members[0].session == core::session_id(member.key->session()));
  CHECK_FALSE(view.members[0].document.settled);
  REQUIRE(view.left_overs.size() == 1);
  CHECK(view.left_overs[0].key == impl::member_key_name("g", lost));
  b.rt.advance(11s);
  CHECK(read_group(b, p).members.at(0).document.settled);
  member.end();
  b.shut_down();
}

TEST_CASE("a write that finds the session gone begins with another session") {
  election_fixture b;
  process& p = b.add();
  keeping_key member(b, p, "a", 0s);
  member.wait_written();
  const std::string lost = member.key->session();
  destroy_session(b, lost);
  core::group_member changed = member.key->document();
  changed.leaving = true;
  member.key->publish(changed);
  // A renewal would find it later.
  b.rt.run_until([&] { return member.key->session() != lost && member.key->written(); });
  CHECK(read_group(b, p).members.at(0).document.leaving);
  member.end();
  b.shut_down();
}

TEST_CASE("a key that an operator deletes, overwrites or releases is repaired") {
  election_fixture b;
  process& p = b.add();
  watching_group watch(b, p);
  keeping_key member(b, p, "a");
  watch.own = member.key;
  member.wait_written();
  b.rt.advance(15s);
  const std::string session = member.key->session();
  SECTION("deleted") { b.ask("DELETE", "/v1/kv/" + member.name()); }
  SECTION("overwritten") { b.ask("PUT", "/v1/kv/" + member.name(), "oops"); }
  SECTION("released") { b.ask("PUT", "/v1/kv/" + member.name() + "?release=" + session, "x"); }
  b.rt.advance(1s);
  const auto view = read_group(b, p);
  REQUIRE(view.members.size() == 1);
  CHECK(view.members[0].session == core::session_id(session));
  CHECK(view.members[0].document == member.key->document());
  CHECK(view.members[0].document.settled);
  CHECK(member.key->written());
  watch.end();
  member.end();
  b.shut_down();
}

TEST_CASE("a member does not fight for its key without pauses") {
  election_fixture b;
  process& p = b.add();
  watching_group watch(b, p);
  counted_writes writes(p);
  keeping_key member(b, p, "a", 0s);
  watch.own = member.key;
  member.wait_written();
  for (int i = 0; i < 3000; ++i) {
    b.ask("DELETE", "/v1/kv/" + member.name());
    b.rt.advance(20ms);
  }
  CHECK(writes.sent <= 15);
  b.rt.advance(31s);
  CHECK(read_group(b, p).members.size() == 1);
  watch.end();
  member.end();
  b.shut_down();
}

TEST_CASE("after a lost reply the key is read, and written again only if that is needed") {
  for (const mishap what : {mishap::reset_before, mishap::reset_after}) {
    for (const bool leaves : {false, true}) {
      election_fixture b;
      process& p = b.add();
      process& reader = b.add();
      counted_writes writes(p);
      keeping_key member(b, p, "a", 0s);
      if (leaves) {
        member.wait_written();
        core::group_member changed = member.key->document();
        changed.leaving = true;
        member.key->publish(changed);
      }
      writes.first_are = writes.sent + 2;
      writes.what = what;
      const int before = writes.sent;
      b.rt.advance(2s);
      CHECK(member.key->written());
      CHECK(read_group(b, reader).members.at(0).document == member.key->document());
      CHECK(writes.sent == before + (what == mishap::reset_before ? 3 : 1));
      CHECK_FALSE(member.key->last_error());
      member.end();
      b.shut_down();
    }
  }
}

TEST_CASE("a write that Consul carries out after a read has missed it is repaired") {
  election_fixture b;
  process& p = b.add();
  watching_group watch(b, p);
  keeping_key member(b, p, "a", 0s);
  watch.own = member.key;
  member.wait_written();
  b.rt.advance(5s);
  int sent = 0;
  p.transport->network = [&](runtime::lane, const runtime::http_request& r) {
    const bool late = has(r.target, "/v1/txn") && sent++ == 0;
    return late ? fate(30s, 0s) : fate();
  };
  const core::group_member original = member.key->document();
  core::group_member changed = original;
  changed.weight = 7;
  member.key->publish(changed);
  REQUIRE(b.rt.run_until([&] { return sent == 1; }, 5s));
  member.key->publish(original);
  b.rt.advance(25s);
  CHECK(member.key->written());
  CHECK(read_group(b, p).members.at(0).document == original);
  CHECK(sent == 1);
  b.rt.advance(10s);
  CHECK(sent == 2);
  CHECK(read_group(b, p).members.at(0).document == original);
  watch.end();
  member.end();
  b.shut_down();
}

TEST_CASE("a token that may not write: last_error() says so, and the key comes with the right") {
  election_fixture b;
  process& p = b.add();
  int refused = 0;
  p.transport->network = [&](runtime::lane, const runtime::http_request& r) {
    if (!has(r.target, "/v1/txn")) return fate();
    ++refused;
    return fate(mishap::forbidden);
  };
  keeping_key member(b, p, "a");
  b.rt.advance(60s);
  CHECK(member.key->last_error() == consul_errc::forbidden);
  CHECK_FALSE(member.key->written());
  CHECK(refused >= 10);
  CHECK(refused <= 40);
  p.reconnect();
  b.rt.advance(6s);
  CHECK(member.key->written());
  CHECK_FALSE(member.key->last_error());
  member.end();
  b.shut_down();
}

TEST_CASE("a member that leaves deletes its key and keeps its session") {
  election_fixture b;
  process& p = b.add();
  process& reader = b.add();
  keeping_key member(b, p, "a");
  member.wait_written();
  mishap meets = mishap::none;
  SECTION("") {}
  SECTION("the reply is lost") { meets = mishap::reset_after; }
  SECTION("the request is lost") { meets = mishap::reset_before; }
  int left = 1;
  p.transport->network = [&](runtime::lane, const runtime::http_request& r) {
    return has(r.target, "/v1/txn") && left-- > 0 ? fate(meets) : fate();
  };
  CHECK(remove(b, member));
  const auto view = read_group(b, reader);
  CHECK(view.members.empty());
  CHECK(view.left_overs.empty());
  CHECK_FALSE(member.key->session().empty());
  CHECK_FALSE(member.key->written());
  core::group_member changed = member.key->document();
  changed.weight = 1;
  member.key->publish(changed);
  b.rt.advance(20s);
  CHECK(read_group(b, reader).members.empty());
  member.end();
  b.shut_down();
}

TEST_CASE("a member that leaves during a write deletes what the write left") {
  election_fixture b;
  process& p = b.add();
  process& reader = b.add();
  keeping_key member(b, p, "a");
  int sent = 0;
  p.transport->network = [&](runtime::lane, const runtime::http_request& r) {
    return has(r.target, "/v1/txn") && sent++ == 0 ? fate(50ms, 50ms) : fate();
  };
  b.rt.run_until([&] { return sent == 1; });
  SECTION("") {}
  SECTION("which was cancelled") {
    b.rt.advance(70ms);
    member.end();
  }
  CHECK(remove(b, member));
  CHECK(read_group(b, reader).members.empty());
  member.end();
  b.shut_down();
}

TEST_CASE("a member whose key was never written has nothing to delete") {
  election_fixture b;
  process& p = b.add();
  p.cut_off();
  keeping_key member(b, p, "a");
  b.rt.advance(1s);
  const time_point begun = b.rt.now();
  CHECK(remove(b, member));
  CHECK(b.rt.now() == begun);
  member.end();
  b.shut_down();
}

TEST_CASE("a document that is too large for a key is refused") {
  election_fixture b;
  process& p = b.add();
  core::group_member large = document("a");
  large.value = std::string(candidacy::most_value, 'x');
  CHECK_THROWS_AS(impl::member_key(p.engine->shared(),
                                   p.engine->shared()->sessions.session_for(quick()), "g", large,
                                   0s),
                  bad_configuration);
  b.shut_down();
}
