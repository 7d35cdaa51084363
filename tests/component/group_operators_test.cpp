// What operators ask of a group: reports, drains and pins.
#include <catch2/catch_test_macros.hpp>
#include <tenure/bad_configuration.hpp>
#include <tenure/group.hpp>
#include <vector>

#include "consul/documents.hpp"
#include "core/group/plan_input.hpp"
#include "group_parts.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

group_report report(election_fixture& b, process& by) {
  return b.rt.run(by.elections->group_of("g"));
}

/// Who leads what in the report, as text: "a 2/3" leads 2 of a share of 3.
std::vector<std::string> spread(const group_report& seen) {
  std::vector<std::string> all;
  for (const group_member_status& m : seen.members) {
    all.push_back(m.name + ' ' + std::to_string(m.leads) + '/' + std::to_string(m.share) + " -" +
                  std::to_string(m.gives) + " +" + std::to_string(m.gets));
  }
  return all;
}

using texts = std::vector<std::string>;

void hold(election_fixture& b, const std::string& name, const std::string& session) {
  const std::string flags = "flags=" + std::to_string(consul::lock_flags);
  REQUIRE(b.ask("PUT", "/v1/kv/" + name + "?" + flags + "&acquire=" + session, "v").body ==
          "true");
}

}  // namespace

TEST_CASE("a report shows the members, what they lead, and the plan that they make") {
  election_fixture b;
  process& p = b.add();
  process& q = b.add();
  process& stranger = b.add();
  CHECK(spread(report(b, p)).empty());
  keeping_key first(b, p, "b", 0s);
  keeping_key second(b, q, "a", 0s);
  keeping_key other(b, stranger, "s", 0s);
  first.wait_written();
  second.wait_written();
  other.wait_written();
  core::group_member changed = second.key->document();
  changed.weight = 300;
  changed.capacity = 5;
  changed.labels = {{"zone", "x"}};
  changed.entered.add(1);
  second.key->publish(changed);
  b.rt.advance(2s);
  b.ask("DELETE", "/v1/kv/" + other.name());
  for (const char* name : {"g/1", "g/2", "g/t/3", "g/t/4", "g/5"}) {
    hold(b, name, first.key->session());
  }
  hold(b, "g/6", other.key->session());
  const std::string lock = std::to_string(consul::lock_flags);
  b.ask("PUT", "/v1/kv/g/7?flags=" + lock, "");
  // None of these is an election of the group.
  b.ask("PUT", "/v1/kv/g/1.settings", "{}");
  b.ask("PUT", "/v1/kv/g/s/.lock?flags=" + std::to_string(consul::semaphore_flags), "{}");
  b.ask("PUT", "/v1/kv/group/8?flags=" + lock, "");
  hold(b, "g/below/members/" + first.key->session(), first.key->session());
  const group_report seen = report(b, p);
  CHECK(seen.prefix == "g");
  CHECK(seen.elections == 7);
  CHECK(seen.free == 1);
  CHECK(seen.strangers == 1);
  REQUIRE(spread(seen) == texts{"a 0/5 -0 +5", "b 5/2 -3 +0"});
  const group_member_status& a = seen.members[0];
  CHECK(a.session == second.key->session());
  CHECK(a.value == "a:80");
  CHECK(a.weight == 300);
  CHECK(a.capacity == 5);
  CHECK(a.labels.at("zone") == "x");
  CHECK(a.settled);
  CHECK(a.entered == 1);
  CHECK_FALSE(a.self);
  CHECK(seen.members[1].self);
  CHECK_FALSE(seen.members[1].capacity);
  first.end();
  second.end();
  other.end();
  b.shut_down();
}

TEST_CASE("free keys are not counted if the members have entered exactly what is held") {
  election_fixture b;
  process& p = b.add();
  process& q = b.add();
  keeping_key first(b, p, "a", 0s);
  keeping_key second(b, q, "b", 0s);
  first.wait_written();
  second.wait_written();
  const auto enter = [&](keeping_key& member, const texts& keys) {
    core::group_member changed = member.key->document();
    changed.entered = {};
    for (const std::string& key : keys) changed.entered.add(core::plan_order(key));
    member.key->publish(changed);
    b.rt.advance(2s);
  };
  const auto counts = [&] {
    const group_report seen = report(b, p);
    return texts{std::to_string(seen.elections) + ' ' + std::to_string(seen.free),
                 spread(seen)[0], spread(seen)[1]};
  };
  hold(b, "g/1", first.key->session());
  hold(b, "g/2", second.key->session());
  b.ask("PUT", "/v1/kv/g/3?flags=" + std::to_string(consul::lock_flags), "");
  b.ask("PUT", "/v1/kv/g/4?flags=" + std::to_string(consul::lock_flags), "");
  const texts all_counted{"4 2", "a 1/2 -0 +1", "b 1/2 -0 +1"};
  const texts held_only{"2 0", "a 1/1 -0 +0", "b 1/1 -0 +0"};
  CHECK(counts() == all_counted);  // nothing is known of what they have entered
  enter(first, {"g/1", "g/2"});
  CHECK(counts() == all_counted);
  enter(second, {"g/1", "g/2"});
  CHECK(counts() == held_only);
  // As many, but others: one of these is free now.
  enter(first, {"g/1", "g/3"});
  enter(second, {"g/1", "g/3"});
  CHECK(counts() == all_counted);
  enter(first, {"g/1", "g/2", "g/3"});
  enter(second, {"g/1", "g/2", "g/3"});
  CHECK(counts() == all_counted);
  // A member that leaves does not count.
  core::group_member changed = first.key->document();
  changed.leaving = true;
  first.key->publish(changed);
  enter(second, {"g/1", "g/2"});
  CHECK(counts() == texts{"2 0", "a 1/0 -1 +0", "b 1/2 -0 +1"});
  first.end();
  second.end();
  b.shut_down();
}

TEST_CASE("drains and pins count in the plan until they are taken back") {
  election_fixture b;
  process& p = b.add();
  process& q = b.add();
  process& op = b.add();
  keeping_key first(b, p, "a", 0s);
  keeping_key second(b, q, "b", 0s);
  first.wait_written();
  second.wait_written();
  hold(b, "g/1", first.key->session());
  hold(b, "g/2", second.key->session());
  elections& e = *op.elections;
  CHECK(spread(report(b, op)) == texts{"a 1/1 -0 +0", "b 1/1 -0 +0"});

  b.rt.run(e.drain("g", "a"));
  b.rt.run(e.drain("g", "absent"));
  group_report seen = report(b, op);
  CHECK(spread(seen) == texts{"a 1/0 -1 +0", "b 1/2 -0 +1"});
  CHECK(seen.drained == texts{"a", "absent"});
  CHECK(seen.members[0].draining);
  CHECK_FALSE(seen.members[1].draining);
  b.rt.run(e.undrain("g", "a"));
  b.rt.run(e.undrain("g", "absent"));
  b.rt.run(e.undrain("g", "absent"));
  CHECK(report(b, op).drained.empty());

  b.rt.run(e.pin("g", "g/1", "b"));
  b.rt.run(e.pin("g", "g/2", "a"));
  b.rt.run(e.pin("g", "g/2", "b"));
  seen = report(b, op);
  CHECK(spread(seen) == texts{"a 1/0 -1 +0", "b 1/2 -0 +1"});
  REQUIRE(seen.pins.size() == 2);
  CHECK(seen.pins[0].key == "g/1");
  CHECK(seen.pins[0].member == "b");
  b.rt.run(e.unpin("g", "g/1"));
  b.rt.run(e.unpin("g", "g/2"));
  b.rt.run(e.unpin("g", "g/2"));
  seen = report(b, op);
  CHECK(seen.pins.empty());
  CHECK(spread(seen) == texts{"a 1/1 -0 +0", "b 1/1 -0 +0"});
  first.end();
  second.end();
  b.shut_down();
}

TEST_CASE("a pin to one member ends, and the pin of another operator stays") {
  election_fixture b;
  process& p = b.add();
  elections& e = *p.elections;
  const auto write_pin = [&](const char* value) {
    b.ask("PUT", "/v1/kv/g/members/.pinned/g/1", value);
  };
  const auto pinned_to = [&] {
    const group_report seen = report(b, p);
    return seen.pins.empty() ? std::string() : seen.pins[0].member;
  };
  b.rt.run(e.unpin("g", "g/1", "a"));
  b.rt.run(e.pin("g", "g/1", "b"));
  b.rt.run(e.unpin("g", "g/1", "a"));
  CHECK(pinned_to() == "b");
  b.rt.run(e.async_unpin("g", "g/1", "b", asio::use_awaitable));
  CHECK(pinned_to().empty());
  // People write it from files.
  write_pin("a\r\n");
  b.rt.run(e.unpin("g", "g/1", "a"));
  CHECK(pinned_to().empty());
  CHECK_THROWS_AS(b.rt.run(e.unpin("g", "g/1", "a/b")), bad_configuration);

  // Another operator writes it after it was read.
  write_pin("a");
  int writes = 0;
  const char* replacement = "c";
  p.transport->network = [&](runtime::lane, const runtime::http_request& r) {
    if (has(r.target, "/v1/txn") && ++writes == 1) write_pin(replacement);
    return fate();
  };
  b.rt.run(e.unpin("g", "g/1", "a"));
  CHECK(writes == 1);
  CHECK(pinned_to() == "c");
  // The same pin.
  writes = 0;
  replacement = "c\n";
  b.rt.run(e.unpin("g", "g/1", "c"));
  CHECK(writes == 2);
  CHECK(pinned_to().empty());
  b.shut_down();
}

TEST_CASE("a member that leaves or has not settled shows it") {
  election_fixture b;
  process& p = b.add();
  keeping_key member(b, p, "a");
  member.wait_written();
  CHECK_FALSE(report(b, p).members.at(0).settled);
  core::group_member changed = member.key->document();
  changed.leaving = true;
  member.key->publish(changed);
  b.rt.run_until_idle();
  CHECK(report(b, p).members.at(0).leaving);
  CHECK_FALSE(report(b, p).members.at(0).draining);
  member.end();
  b.shut_down();
}

TEST_CASE("operators' calls refuse what cannot work, before anything is sent") {
  election_fixture b;
  process& p = b.add();
  elections& e = *p.elections;
  for (const char* prefix : {"", "/g", "g/", "a//b"}) {
    INFO(prefix);
    CHECK_THROWS_AS(b.rt.run(e.group_of(prefix)), bad_configuration);
    CHECK_THROWS_AS(b.rt.run(e.drain(prefix, "a")), bad_configuration);
    CHECK_THROWS_AS(b.rt.run(e.undrain(prefix, "a")), bad_configuration);
    CHECK_THROWS_AS(b.rt.run(e.pin(prefix, "k", "a")), bad_configuration);
    CHECK_THROWS_AS(b.rt.run(e.unpin(prefix, "k")), bad_configuration);
  }
  for (const char* name : {"", "a/b", ".."}) {
    INFO(name);
    CHECK_THROWS_AS(b.rt.run(e.drain("g", name)), bad_configuration);
    CHECK_THROWS_AS(b.rt.run(e.undrain("g", name)), bad_configuration);
    CHECK_THROWS_AS(b.rt.run(e.pin("g", "k", name)), bad_configuration);
  }
  for (const char* key : {"", "/k", "a//b", "a/./b"}) {
    INFO(key);
    CHECK_THROWS_AS(b.rt.run(e.pin("g", key, "a")), bad_configuration);
    CHECK_THROWS_AS(b.rt.run(e.unpin("g", key)), bad_configuration);
  }
  CHECK(p.transport->started(runtime::lane::requests) == 0);
  b.shut_down();
}

TEST_CASE("the leaders below the prefix of a group are those of its elections") {
  election_fixture b;
  process& p = b.add();
  keeping_key member(b, p, "a", 0s);
  member.wait_written();
  hold(b, "g/1", member.key->session());
  hold(b, "g/members", member.key->session());
  texts keys;
  for (const leader& who : b.rt.run(p.elections->leaders("g/"))) keys.push_back(who.key);
  CHECK(keys == texts{"g/1", "g/members"});
  member.end();
  b.shut_down();
}

TEST_CASE("a group refuses elections where it keeps its own keys") {
  election_fixture b;
  process& p = b.add();
  group g = p.elections->join("g", membership("a", quick()));
  CHECK_THROWS_AS(g.enter("g/members/1"), bad_configuration);
  CHECK_THROWS_AS(g.enter("g/handed/1/2"), bad_configuration);
  const election good = g.enter("g/members");
  CHECK(good.valid());
  b.shut_down();
}

TEST_CASE("operators' calls report what Consul refuses") {
  election_fixture b;
  process& p = b.add();
  p.transport->network = [](runtime::lane, const runtime::http_request&) {
    return fate(mishap::hidden);
  };
  running<group_report> seen(b.rt, p.elections->group_of("g"));
  running<bool> drained(b.rt, truly(p.elections->drain("g", "a")));
  running<bool> pinned(b.rt, truly(p.elections->pin("g", "k", "a")));
  b.rt.run_until([&] { return seen.done() && drained.done() && pinned.done(); });
  CHECK(seen.error() == consul_errc::forbidden);
  CHECK(drained.error() == consul_errc::forbidden);
  CHECK(pinned.error() == consul_errc::forbidden);
  b.shut_down();
  running<group_report> late(b.rt, p.elections->group_of("g"));
  b.rt.run_until([&] { return late.done(); });
  CHECK(late.error() == errc::shut_down);
}
