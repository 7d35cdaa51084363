// Keys beside the elections: tenure::kv, and the transactions that guarded writes share.
#include <catch2/catch_test_macros.hpp>
#include <tenure/kv.hpp>

#include "election_fixture.hpp"

using namespace tenure;
using namespace tenure::test;

namespace {

candidacy quick() { return candidacy("me").span(5s).ttl(10s).lock_delay(0s); }

leader_writes put(std::string name, std::string value, std::uint64_t index) {
  leader_writes w;
  w.set_if(std::move(name), std::move(value), index);
  return w;
}

std::vector<std::string> names_of(const std::vector<stored_key>& keys) {
  std::vector<std::string> names;
  for (const stored_key& one : keys) names.push_back(one.key);
  return names;
}

bool is_transaction(const runtime::http_request& r) { return r.target.starts_with("/v1/txn"); }

}  // namespace

TEST_CASE("a key is written, read and removed under its index") {
  election_fixture b;
  kv keys = b.add().elections->kv();
  REQUIRE_FALSE(b.rt.run(keys.get("a/1")));
  REQUIRE(b.rt.run(keys.set_if("a/1", std::string("x\0y", 3), 0, 7)));
  REQUIRE_FALSE(b.rt.run(keys.set_if("a/1", "z", 0)));
  const auto found = b.rt.run(keys.get("a/1"));
  REQUIRE(found);
  REQUIRE(found->value == std::string("x\0y", 3));
  REQUIRE(found->flags == 7);
  REQUIRE(found->session.empty());
  REQUIRE_FALSE(b.rt.run(keys.set_if("a/1", "z", found->modify_index + 1)));
  REQUIRE(b.rt.run(keys.set_if("a/1", "z", found->modify_index)));
  REQUIRE_FALSE(b.rt.run(keys.remove_if("a/1", found->modify_index)));
  const auto again = b.rt.run(keys.get("a/1"));
  REQUIRE(again->value == "z");
  REQUIRE(again->create_index == found->create_index);
  REQUIRE(b.rt.run(keys.remove_if("a/1", again->modify_index)));
  REQUIRE_FALSE(b.rt.run(keys.remove_if("a/1", again->modify_index)));
  REQUIRE_FALSE(b.rt.run(keys.get("a/1")));
  b.shut_down();
}

TEST_CASE("many keys are read in few transactions, without those that do not exist") {
  election_fixture b;
  process& p = b.add();
  kv keys = p.elections->kv();
  std::vector<std::string> wanted;
  std::vector<std::string> there;
  for (int i = 0; i < 150; ++i) {
    wanted.push_back("a/" + std::to_string(i));
    if (i % 3 == 0) continue;
    there.push_back(wanted.back());
    REQUIRE(b.rt.run(keys.set_if(wanted.back(), "v", 0)));
  }
  int transactions = 0;
  p.transport->network = [&](runtime::lane, const runtime::http_request& r) {
    if (is_transaction(r)) ++transactions;
    return fate();
  };
  const std::vector<stored_key> found = b.rt.run(keys.get_all(wanted));
  REQUIRE(names_of(found) == there);
  REQUIRE(transactions == 6);  // three, each a second time without the missing ones
  REQUIRE(b.rt.run(keys.get_all({})).empty());
  REQUIRE(b.rt.run(keys.get_all({"b/1", "b/2"})).empty());
  b.shut_down();
}

TEST_CASE("many long keys are read in transactions that Consul takes") {
  election_fixture b;
  kv keys = b.add().elections->kv();
  std::vector<std::string> wanted;
  for (int i = 100; i < 170; ++i) {
    wanted.push_back(std::to_string(i) + std::string(8200, 'x'));
    REQUIRE(b.rt.run(keys.set_if(wanted.back(), "v", 0)));
  }
  REQUIRE(names_of(b.rt.run(keys.get_all(wanted))) == wanted);
  b.shut_down();
}

TEST_CASE("a watch of a prefix completes at a change below it") {
  election_fixture b;
  kv keys = b.add().elections->kv();
  REQUIRE(b.rt.run(keys.set_if("a/1", "v", 0)));
  const stored_keys first = b.rt.run(keys.watch_below("a/", 0, 10s));
  REQUIRE(names_of(first.keys) == std::vector<std::string>{"a/1"});
  running<stored_keys> change(b.rt, keys.watch_below("a/", first.index, 10s));
  b.rt.advance(2s);
  REQUIRE_FALSE(change.done());
  REQUIRE(b.rt.run(keys.set_if("a/2", "v", 0)));
  b.rt.run_until([&] { return change.done(); });
  REQUIRE(names_of(change.value().keys) == std::vector<std::string>{"a/1", "a/2"});
  REQUIRE(change.value().index > first.index);
  const stored_keys listed = b.rt.run(keys.list("a/"));
  REQUIRE(names_of(listed.keys) == names_of(change.value().keys));
  running<stored_keys> cancelled(b.rt, keys.watch_below("a/", listed.index, 10s));
  b.rt.advance(1s);
  cancelled.cancel();
  b.rt.run_until([&] { return cancelled.done(); });
  REQUIRE(cancelled.error() == asio::error::operation_aborted);
  b.shut_down();
}

TEST_CASE("keys fail as documented") {
  election_fixture b;
  process& p = b.add();
  kv keys = p.elections->kv();
  running<bool> slash(b.rt, keys.set_if("/a", "v", 0));
  b.rt.run_until([&] { return slash.done(); });
  REQUIRE(slash.error() == consul_errc::bad_request);
  running<bool> empty(b.rt, kv().set_if("a", "v", 0));
  b.rt.run_until([&] { return empty.done(); });
  REQUIRE(empty.error() == errc::shut_down);
  p.transport->network = [](runtime::lane, const runtime::http_request& r) {
    return fate(is_transaction(r) ? mishap::reset_after : mishap::none);
  };
  running<bool> lost(b.rt, keys.set_if("a/1", "v", 0));
  b.rt.run_until([&] { return lost.done(); });
  REQUIRE(lost.error() == consul_errc::outcome_unknown);
  p.reconnect();
  REQUIRE(b.rt.run(keys.get("a/1")));
  b.shut_down();
  running<bool> late(b.rt, keys.set_if("a/2", "v", 0));
  b.rt.run_until([&] { return late.done(); });
  REQUIRE(late.error() == errc::shut_down);
}

TEST_CASE("guarded writes of many terms share transactions, and each has its own outcome") {
  election_fixture b;
  process& p = b.add();
  std::vector<election> all;
  std::vector<term> terms;
  for (int i = 0; i < 60; ++i) {
    all.push_back(p.elections->enter("e/" + std::to_string(i), quick()));
    terms.push_back(b.lead(all.back()));
  }
  kv keys = p.elections->kv();
  REQUIRE(b.rt.run(keys.set_if("x/7", "taken", 0)));
  // One term lost its key, and its process does not know it yet.
  b.ask("PUT", "/v1/kv/e/9?release=" + terms[9].session(), "v");
  b.ask("PUT", "/v1/kv/e/9?acquire=" + terms[9].session(), "v");
  int transactions = 0;
  p.transport->network = [&](runtime::lane, const runtime::http_request& r) {
    if (is_transaction(r) && r.body.find("\"cas\"") != std::string::npos) ++transactions;
    return fate();
  };
  std::vector<std::unique_ptr<running<bool>>> writes;
  for (std::size_t i = 0; i < 60; ++i) {
    writes.push_back(std::make_unique<running<bool>>(
        b.rt, truly(terms[i].write(put("x/" + std::to_string(i), "v", 0)))));
  }
  for (const auto& one : writes) b.rt.run_until([&] { return one->done(); });
  for (std::size_t i = 0; i < 60; ++i) {
    INFO(i);
    if (i == 7) {
      REQUIRE(writes[i]->error() == errc::refused);
    } else if (i == 9) {
      REQUIRE(writes[i]->error() == errc::not_leading);
    } else {
      REQUIRE_FALSE(writes[i]->error());
    }
    REQUIRE(b.key("x/" + std::to_string(i)).empty() == (i == 9));
  }
  // 42 of 128 operations, the refused ones left out and the rest sent again, and the last 18.
  REQUIRE(transactions <= 6);
  b.shut_down();
}

TEST_CASE("many writes of one term share transactions, and a proclaim comes between them") {
  election_fixture b;
  process& p = b.add();
  election e = p.elections->enter("e", quick());
  term t = b.lead(e);
  int transactions = 0;
  p.transport->network = [&](runtime::lane, const runtime::http_request& r) {
    if (is_transaction(r) && r.body.find("\"cas\"") != std::string::npos) ++transactions;
    return fate(5ms, 5ms);
  };
  std::vector<std::unique_ptr<running<bool>>> writes;
  const auto write = [&](const char* prefix) {
    for (int i = 0; i < 100; ++i) {
      writes.push_back(std::make_unique<running<bool>>(
          b.rt, truly(t.write(put(prefix + std::to_string(i), "v", 0)))));
    }
  };
  write("x/");
  b.rt.advance(1ms);
  running<bool> proclaim(b.rt, truly(t.proclaim("you")));
  b.rt.advance(1ms);
  write("y/");
  b.rt.run_until([&] { return proclaim.done(); });
  REQUIRE(b.key("x/99").find("\"Value\"") != std::string::npos);
  REQUIRE(b.key("y/0").empty());
  for (const auto& one : writes) b.rt.run_until([&] { return one->done(); });
  for (const auto& one : writes) REQUIRE_FALSE(one->error());
  REQUIRE_FALSE(b.key("y/99").empty());
  REQUIRE(b.key("e").find("\"Value\":\"eW91\"") != std::string::npos);
  REQUIRE(transactions <= 4);  // the two guards of the term are in each once
  REQUIRE(t.holds());
  b.shut_down();
}

TEST_CASE("a lost answer leaves the outcome of each shared write unknown") {
  election_fixture b;
  process& p = b.add();
  std::vector<election> all;
  std::vector<term> terms;
  for (int i = 0; i < 3; ++i) {
    all.push_back(p.elections->enter("e/" + std::to_string(i), quick()));
    terms.push_back(b.lead(all.back()));
  }
  p.transport->network = [](runtime::lane, const runtime::http_request& r) {
    return fate(r.body.find("\"cas\"") != std::string::npos ? mishap::reset_after : mishap::none);
  };
  std::vector<std::unique_ptr<running<bool>>> writes;
  for (std::size_t i = 0; i < 3; ++i) {
    writes.push_back(std::make_unique<running<bool>>(
        b.rt, truly(terms[i].write(put("x/" + std::to_string(i), "v", 0)))));
  }
  for (const auto& one : writes) b.rt.run_until([&] { return one->done(); });
  for (std::size_t i = 0; i < 3; ++i) {
    REQUIRE(writes[i]->error() == errc::outcome_unknown);
    REQUIRE_FALSE(b.key("x/" + std::to_string(i)).empty());
    REQUIRE(terms[i].holds());
  }
  b.shut_down();
}
