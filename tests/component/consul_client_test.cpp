// The typed client against the embedded agent.
#include <boost/asio/co_spawn.hpp>
#include <catch2/catch_test_macros.hpp>
#include <optional>

#include "component/consul_fixture.hpp"

namespace {

using namespace tenure;
using namespace std::chrono_literals;
using consul::consistency;
using consul::txn_op;
using runtime::lane;
using fixture = test::consul_fixture;
namespace asio = boost::asio;

const std::string nobody = "00000000-0000-0000-0000-000000000000";

TEST_CASE("a session's life") {
  fixture b;
  consul::session_request request;
  request.name = "mine";
  request.ttl = 15s;
  request.lock_delay = 1500ms;
  request.behavior = consul::behavior::remove;
  request.node_checks.emplace();
  const time_point before = b.runtime.now();
  const auto created = b.runtime.run(b.client->create_session(request));
  REQUIRE_FALSE(created.error);
  CHECK(created.id.size() == 36);
  CHECK(created.sent_at == before);
  CHECK(created.received_at == before);

  const auto found = b.runtime.run(b.client->session_info(created.id, consistency::consistent));
  REQUIRE_FALSE(found.error);
  REQUIRE(found.session);
  CHECK(found.session->id == created.id);
  CHECK(found.session->name == "mine");
  CHECK(found.session->ttl == "15s");
  CHECK(found.session->lock_delay == 1500ms);
  CHECK(found.session->behavior == consul::behavior::remove);
  CHECK(found.index > 0);

  const auto renewed =
      b.runtime.run(b.client->renew_session(created.id, b.runtime.now() + 1s));
  CHECK_FALSE(renewed.error);
  CHECK(renewed.alive);
  CHECK(b.network->started(lane::renewals) == 1);

  CHECK_FALSE(b.runtime.run(b.client->destroy_session(created.id)).error);
  const auto gone = b.runtime.run(b.client->session_info(created.id, consistency::default_));
  CHECK_FALSE(gone.error);
  CHECK_FALSE(gone.session);
  const auto late = b.runtime.run(b.client->renew_session(created.id, b.runtime.now() + 1s));
  CHECK_FALSE(late.error);
  CHECK_FALSE(late.alive);
  CHECK_FALSE(b.runtime.run(b.client->destroy_session(nobody)).error);
}

TEST_CASE("the error of a refused session has Consul's text") {
  fixture b;
  consul::session_request request;
  request.ttl = 9s;
  const auto created = b.runtime.run(b.client->create_session(request));
  CHECK(created.error == consul_errc::bad_request);
  CHECK(created.error == error_kind::fatal);
  CHECK(created.detail ==
        "PUT /v1/session/create at 127.0.0.1:8500: 500 Invalid Session TTL '9000000000', must be "
        "between [10s=24h0m0s]");
}

TEST_CASE("a lock is taken, seen, proven and released by transactions") {
  fixture b;
  const std::string session = b.new_session();
  const auto missing = b.runtime.run(b.client->get("job/a b", consistency::default_));
  CHECK_FALSE(missing.error);
  CHECK_FALSE(missing.entry);
  CHECK(missing.index > 0);

  const auto won = b.write({txn_op::check_not_exists("job/a b"),
                            txn_op::lock("job/a b", session, "me", consul::lock_flags)});
  REQUIRE(won.committed);
  REQUIRE(won.results.size() == 1);
  CHECK(won.results[0].session == session);
  CHECK(won.results[0].lock_index == 1);
  const std::uint64_t guard = won.results[0].modify_index;

  const auto held = b.runtime.run(b.client->get("job/a b", consistency::consistent));
  REQUIRE(held.entry);
  CHECK(held.entry->value == "me");
  CHECK(held.entry->session == session);
  CHECK(held.entry->flags == consul::lock_flags);
  CHECK(held.entry->modify_index == guard);

  std::vector<txn_op> proof{txn_op::check_index("job/a b", guard)};
  const auto proven = b.runtime.run(b.client->prove(proof, b.runtime.now() + 1s));
  CHECK(proven.committed);
  CHECK(proven.results.empty());
  CHECK(b.network->started(lane::renewals) == 1);

  const auto other = b.write({txn_op::lock("job/a b", b.new_session(), "you", 0)});
  CHECK_FALSE(other.error);
  CHECK_FALSE(other.committed);
  REQUIRE(other.failures.size() == 1);
  CHECK(other.failures[0].kind == consul::txn_failure::held_by_another);

  const auto released = b.write({txn_op::check_index("job/a b", guard),
                                 txn_op::unlock("job/a b", session, "", consul::lock_flags)});
  CHECK(released.committed);
  REQUIRE(released.results.size() == 1);
  CHECK(released.results[0].session.empty());
  const auto after = b.runtime.run(b.client->prove(proof, b.runtime.now() + 1s));
  CHECK_FALSE(after.error);
  CHECK_FALSE(after.committed);
  REQUIRE(after.failures.size() == 1);
  CHECK(after.failures[0].kind == consul::txn_failure::index_mismatch);

  const auto listed = b.runtime.run(b.client->list("job/", consistency::default_));
  REQUIRE(listed.entries.size() == 1);
  CHECK(listed.entries[0].value.empty());
  CHECK(listed.entries[0].session.empty());
  const auto none = b.runtime.run(b.client->list("nothing/", consistency::default_));
  CHECK_FALSE(none.error);
  CHECK(none.entries.empty());
}

TEST_CASE("a transaction returns the keys that it reads and writes, not those that it checks") {
  fixture b;
  const std::string session = b.new_session();
  REQUIRE(b.write({txn_op::set("a", "1"), txn_op::set("gone", "1"), txn_op::set("tree/x", "1"),
                   txn_op::lock("held", session, "me", 0)})
              .committed);
  const auto a = b.runtime.run(b.client->get("a", consistency::default_));
  const std::uint64_t index = a.entry->modify_index;
  const auto done = b.write({txn_op::check_session("held", session),
                             txn_op::check_index("a", index),
                             txn_op::get("a"), txn_op::check_not_exists("none"),
                             txn_op::set("b", "2"), txn_op::remove("gone"),
                             txn_op::cas("a", "3", index), txn_op::remove_tree("tree/"),
                             txn_op::lock("held", session, "me", 0),
                             txn_op::unlock("held", session, "", 0)});
  REQUIRE(done.committed);
  std::vector<std::string> keys;
  for (const auto& entry : done.results) keys.push_back(entry.key);
  CHECK(keys == std::vector<std::string>{"a", "b", "a", "held", "held"});
  CHECK(done.results.at(0).value == "1");
  CHECK(done.results.at(1).value.empty());
}

TEST_CASE("each kind of failure of a transaction is recognized") {
  fixture b;
  const std::string mine = b.new_session();
  const std::string yours = b.new_session();
  REQUIRE(b.write({txn_op::lock("k", mine, "v", 0)}).committed);
  const auto refused = b.write({
      txn_op::check_index("k", 1),
      txn_op::check_index("none", 1),
      txn_op::check_not_exists("k"),
      txn_op::check_session("k", yours),
      txn_op::unlock("k", yours, "", 0),
      txn_op::get("none"),
      txn_op::cas("k", "x", 1),
  });
  REQUIRE(refused.failures.size() == 7);
  using enum consul::txn_failure;
  const consul::txn_failure expected[] = {index_mismatch,  missing_key, index_mismatch,
                                          held_by_another, held_by_another, missing_key,
                                          index_mismatch};
  for (std::size_t i = 0; i < 7; ++i) {
    CHECK(refused.failures[i].op_index == i);
    CHECK(refused.failures[i].kind == expected[i]);
  }
  const auto invalid = b.write({txn_op::lock("k2", nobody, "", 0)});
  REQUIRE(invalid.failures.size() == 1);
  CHECK(invalid.failures[0].kind == invalid_session);
}

TEST_CASE("a transaction that Consul would not accept is not sent") {
  fixture b;
  const auto nothing = b.write({});
  CHECK(nothing.error == consul_errc::bad_request);
  const auto many = b.write(std::vector<txn_op>(129, txn_op::get("k")));
  CHECK(many.error == consul_errc::bad_request);
  CHECK(many.detail ==
        "PUT /v1/txn at 127.0.0.1:8500: not sent: 129 operations, and Consul accepts 128");
  const auto large = b.write({txn_op::set("k", std::string(500'000, 'x'))});
  CHECK(large.error == consul_errc::bad_request);
  const auto slash = b.runtime.run(b.client->get("/k", consistency::default_));
  CHECK(slash.error == consul_errc::bad_request);
  CHECK(slash.detail ==
        "GET /v1/kv//k at 127.0.0.1:8500: not sent: a key cannot begin with a slash");
  const auto empty = b.runtime.run(b.client->watch("", 1, 5s));
  CHECK(empty.error == consul_errc::bad_request);
  CHECK(b.network->started(lane::requests) == 0);
  CHECK(b.network->started(lane::polls) == 0);
}

TEST_CASE("a watch completes when its key changes, or after its wait with the same index") {
  fixture b;
  REQUIRE(b.write({txn_op::set("k", "1")}).committed);
  const auto now = b.runtime.run(b.client->watch("k", 0, 30s));
  REQUIRE(now.entry);
  const time_point began = b.runtime.now();
  const auto same = b.runtime.run(b.client->watch("k", now.index, 30s));
  CHECK_FALSE(same.error);
  CHECK(same.index == now.index);
  const duration took = b.runtime.now() - began;
  CHECK(took >= 30s);
  CHECK(took <= 30s + 30s / 16);

  std::optional<consul::kv_result> changed;
  asio::co_spawn(b.runtime.executor(), b.client->watch("k", now.index, 30s),
                 [&](std::exception_ptr, consul::kv_result found) { changed = std::move(found); });
  b.runtime.advance(3s);
  CHECK_FALSE(changed);
  CHECK(b.network->in_flight(lane::polls) == 1);
  REQUIRE(b.write({txn_op::set("k", "2")}).committed);
  b.runtime.run_until_idle();
  REQUIRE(changed);
  REQUIRE(changed->entry);
  CHECK(changed->entry->value == "2");
  CHECK(changed->index > now.index);
  CHECK(b.network->in_flight(lane::polls) == 0);
}

}  // namespace
