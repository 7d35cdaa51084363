// The typed client when the network or the server fails.
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "component/consul_fixture.hpp"

namespace {

using namespace tenure;
using namespace std::chrono_literals;
using consul::consistency;
using consul::txn_op;
using runtime::lane;
using testing::fate;
using testing::mishap;
using fixture = test::consul_fixture;
namespace asio = boost::asio;

const std::string nobody = "00000000-0000-0000-0000-000000000000";

TEST_CASE("a watch without a response times out after wait, sixteenth and request_timeout") {
  fixture b;
  b.fates({mishap::silent_before});
  const time_point began = b.runtime.now();
  const auto found = b.runtime.run(b.client->watch("k", 5, 16s));
  CHECK(found.error == consul_errc::timed_out);
  CHECK(b.runtime.now() - began == 17s + b.client->config().request_timeout());
}

TEST_CASE("a cancelled watch throws, and keeps its slot at the server until its wait is over") {
  fixture b;
  REQUIRE(b.write({txn_op::set("k", "1")}).committed);
  const auto now = b.runtime.run(b.client->get("k", consistency::default_));
  asio::cancellation_signal stop;
  std::exception_ptr thrown;
  asio::co_spawn(
      b.runtime.executor(), b.client->watch("k", now.index, 30s),
      asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr e, consul::kv_result) {
        thrown = std::move(e);
      }));
  b.runtime.advance(1s);
  CHECK(b.agent.handler().parked() == 1);
  stop.emit(asio::cancellation_type::terminal);
  b.runtime.run_until_idle();
  REQUIRE(thrown);
  try {
    std::rethrow_exception(thrown);
  } catch (const boost::system::system_error& error) {
    CHECK(error.code() == asio::error::operation_aborted);
  }
  CHECK(b.network->in_flight(lane::polls) == 0);
  CHECK(b.agent.handler().parked() == 1);
  b.runtime.advance(32s);
  CHECK(b.agent.handler().parked() == 0);
}

TEST_CASE("reads are sent again after a failed connection, at most three times") {
  fixture b;
  REQUIRE(b.write({txn_op::set("k", "1")}).committed);
  const std::size_t before = b.network->started(lane::requests);
  b.fates({mishap::refused, mishap::reset_before, mishap::reset_after});
  const time_point began = b.runtime.now();
  const auto found = b.runtime.run(b.client->get("k", consistency::default_));
  CHECK_FALSE(found.error);
  REQUIRE(found.entry);
  CHECK(b.network->started(lane::requests) - before == 4);
  const duration took = b.runtime.now() - began;  // 25..50 + 50..100 + 100..200 ms
  CHECK(took >= 175ms);
  CHECK(took <= 350ms);

  b.fates(std::vector<fate>(10, mishap::refused));
  const auto failed = b.runtime.run(b.client->get("k", consistency::default_));
  CHECK(failed.error == consul_errc::unreachable);
  CHECK(failed.error == error_kind::retryable);
  CHECK(failed.detail == "GET /v1/kv/k at 127.0.0.1:8500: Connection refused");
  CHECK(b.network->started(lane::requests) - before == 8);
}

TEST_CASE("a write whose response is lost has an unknown outcome and is not sent twice") {
  for (const mishap what : {mishap::reset_before, mishap::reset_after, mishap::silent_before,
                            mishap::silent_after}) {
    fixture b;
    b.fates({what});
    const auto lost = b.write({txn_op::set("k", "1")});
    CHECK(lost.error == consul_errc::outcome_unknown);
    CHECK_FALSE(lost.committed);
    const bool silent = what == mishap::silent_before || what == mishap::silent_after;
    CHECK((lost.detail.find("closed without a response") == std::string::npos) == silent);
    CHECK(b.network->started(lane::requests) == 1);
    const auto found = b.runtime.run(b.client->get("k", consistency::consistent));
    const bool happened = what == mishap::reset_after || what == mishap::silent_after;
    CHECK(found.entry.has_value() == happened);
  }
}

TEST_CASE("a write that was never sent is unreachable, not unknown") {
  fixture b;
  b.fates({mishap::refused});
  const auto refused = b.write({txn_op::set("k", "1")});
  CHECK(refused.error == consul_errc::unreachable);
  CHECK(b.network->started(lane::requests) == 1);
}

TEST_CASE("a destroy is sent again; its outcome is unknown only if every response was lost") {
  fixture b;
  const std::string session = b.new_session();
  b.fates({mishap::reset_after});
  CHECK_FALSE(b.runtime.run(b.client->destroy_session(session)).error);
  b.fates({mishap::reset_before, mishap::refused, mishap::refused, mishap::refused});
  CHECK(b.runtime.run(b.client->destroy_session(session)).error == consul_errc::outcome_unknown);
  b.fates(std::vector<fate>(4, mishap::refused));
  CHECK(b.runtime.run(b.client->destroy_session(session)).error == consul_errc::unreachable);
}

TEST_CASE("a proof counts from the attempt that got the response") {
  fixture b;
  const std::string session = b.new_session();
  b.fates({mishap::refused, fate(100ms, 200ms)});
  const time_point began = b.runtime.now();
  const auto renewed = b.runtime.run(b.client->renew_session(session, began + 5s));
  CHECK(renewed.alive);
  CHECK(renewed.sent_at > began);
  CHECK(renewed.received_at == renewed.sent_at + 300ms);
}

TEST_CASE("attempts end at the deadline") {
  fixture b;
  b.fates(std::vector<fate>(10, mishap::refused));
  const time_point began = b.runtime.now();
  const auto renewed = b.runtime.run(b.client->renew_session(nobody, began + 20ms));
  CHECK(renewed.error == consul_errc::unreachable);
  CHECK(b.runtime.now() - began <= 20ms);
  b.fates({mishap::silent_after});
  const auto silent = b.runtime.run(b.client->renew_session(nobody, b.runtime.now() + 3s));
  CHECK(silent.error == consul_errc::outcome_unknown);
  b.fates({mishap::silent_after});
  std::vector<txn_op> proof{txn_op::check_index("k", 1)};
  const auto unproven = b.runtime.run(b.client->prove(proof, b.runtime.now() + 3s));
  CHECK(unproven.error == consul_errc::timed_out);
}

TEST_CASE("a request that arrives late is executed although its sender has given up") {
  fixture b;
  b.fates({fate(20s, 0s)});
  CHECK(b.write({txn_op::set("late", "1")}).error == consul_errc::outcome_unknown);
  CHECK_FALSE(b.runtime.run(b.client->get("late", consistency::consistent)).entry);
  b.runtime.advance(20s);
  CHECK(b.runtime.run(b.client->get("late", consistency::consistent)).entry);
}

// A server with one response.
class scripted final : public runtime::transport {
 public:
  explicit scripted(runtime::http_response response) : response_(std::move(response)) {}
  asio::awaitable<runtime::exchange_result> exchange(lane, runtime::http_request request,
                                                     time_point, runtime::on_stale) override {
    sent.push_back(std::move(request));
    runtime::exchange_result trip;
    trip.sent = true;
    trip.response = response_;
    co_return trip;
  }
  std::vector<runtime::http_request> sent;

 private:
  runtime::http_response response_;
};

class scripted_server {
 public:
  consul::client says(unsigned status, std::string body, const std::string& index = "") {
    runtime::http_response response(status, std::move(body));
    if (!index.empty()) response.headers.emplace_back("x-consul-index", index);
    transport = std::make_shared<scripted>(std::move(response));
    runtime.set_transport(transport);
    return consul::client(runtime.environment(), config);
  }
  error_code write(consul::client& client) {
    return runtime.run(client.write({txn_op::get("k")}, runtime.now() + 1s)).error;
  }
  error_code get(consul::client& client, const char* key = "k") {
    return runtime.run(client.get(key, consistency::default_)).error;
  }

  testing::manual_runtime runtime;
  consul_config config;
  std::shared_ptr<scripted> transport;
};

TEST_CASE("a malformed answer is an error, and for a write an unknown outcome") {
  scripted_server server;
  auto html = server.says(200, "<html>", "5");
  CHECK(server.runtime.run(html.ping()).error == consul_errc::bad_answer);
  CHECK(server.get(html) == consul_errc::bad_answer);
  CHECK(server.runtime.run(html.list("k", consistency::default_)).error ==
        consul_errc::bad_answer);
  CHECK(server.runtime.run(html.create_session({})).error == consul_errc::outcome_unknown);
  CHECK(server.write(html) == consul_errc::outcome_unknown);
  CHECK(server.runtime.run(html.prove({txn_op::get("k")}, server.runtime.now() + 1s)).error ==
        consul_errc::bad_answer);
  auto reasonless = server.says(409, R"({"Results":null,"Errors":null})");
  CHECK(server.write(reasonless) == consul_errc::bad_answer);  // but nothing happened
  // Two keys for one operation.
  const std::string key =
      R"({"KV":{"LockIndex":0,"Key":"k","Flags":0,"Value":"","CreateIndex":1,"ModifyIndex":1}})";
  auto one = server.says(200, R"({"Results":[)" + key + R"(],"Errors":null})");
  CHECK_FALSE(server.write(one));
  auto two = server.says(200, R"({"Results":[)" + key + "," + key + R"(],"Errors":null})");
  CHECK(server.write(two) == consul_errc::outcome_unknown);
  const auto told = server.runtime.run(two.prove({txn_op::get("k")}, server.runtime.now() + 1s));
  CHECK(told.detail.ends_with("returns 2 keys of 1 (may the token read them all?)"));
  CHECK(told.results.empty());
  auto none = server.says(200, R"({"Results":null,"Errors":null})");
  CHECK(server.write(none) == consul_errc::outcome_unknown);
  CHECK(server.runtime.run(none.prove({txn_op::check_index("k", 1)}, server.runtime.now() + 1s))
            .error == consul_errc::bad_answer);
  auto other_key = server.says(
      200, R"([{"LockIndex":0,"Key":"x","Flags":0,"Value":"","CreateIndex":1,"ModifyIndex":1}])",
      "5");
  CHECK(server.get(other_key) == consul_errc::bad_answer);
  CHECK_FALSE(server.get(other_key, "x"));
  const auto other_list = server.runtime.run(other_key.list("k", consistency::default_));
  CHECK(other_list.error == consul_errc::bad_answer);
  CHECK(other_list.entries.empty());
  CHECK_FALSE(server.runtime.run(other_key.list("", consistency::default_)).error);
  auto no_leader = server.says(200, "\"\"");
  CHECK(server.runtime.run(no_leader.ping()).error == consul_errc::no_leader);
}

TEST_CASE("a committed transaction whose results are not those of its operations proves nothing") {
  scripted_server server;
  const auto committed = [&](const std::string& key, const std::string& index) {
    return server.says(200, R"({"Results":[{"KV":{"LockIndex":1,"Key":")" + key +
                                R"(","Flags":0,"Value":"","CreateIndex":1,"ModifyIndex":)" + index +
                                R"(}}],"Errors":null})");
  };
  const auto prove = [&](consul::client client) {
    return server.runtime.run(
        client.prove({txn_op::check_index("k", 7)}, server.runtime.now() + 1s));
  };
  CHECK(prove(committed("k", "7")).committed);
  for (const auto& answer : {prove(committed("other", "7")), prove(committed("k", "8")),
                             prove(committed("", "7"))}) {
    CHECK_FALSE(answer.committed);
    CHECK(answer.error == consul_errc::bad_answer);
  }
  CHECK(prove(committed("other", "7")).detail.ends_with(
      "that returns another key, index or holder than it must: other"));
  auto other = committed("other", "7");
  CHECK(server.write(other) == consul_errc::outcome_unknown);
}

TEST_CASE("a committed transaction whose results name another holder proves nothing") {
  scripted_server server;
  const auto holder = [&](const std::string& session) {
    return server.says(200, R"({"Results":[{"KV":{"LockIndex":1,"Key":"k","Flags":0,)"
                            R"("Value":"","Session":")" + session +
                            R"(","CreateIndex":1,"ModifyIndex":7}}],"Errors":null})");
  };
  const auto send = [&](consul::client client, const txn_op& op) {
    const time_point deadline = server.runtime.now() + 1s;
    if (op.verb == std::string("check-index"))
      return server.runtime.run(client.prove({op}, deadline));
    return server.runtime.run(client.write({op}, deadline));
  };
  const txn_op ops[] = {txn_op::check_held("k", 7, "mine"), txn_op::lock("k", "mine", "v", 1),
                        txn_op::check_session("k", "mine")};
  for (const txn_op& op : ops) {
    CAPTURE(op.verb);
    CHECK(send(holder("mine"), op).committed);
    CHECK_FALSE(send(holder("yours"), op).committed);
    CHECK_FALSE(send(holder(""), op).committed);
  }
  const txn_op release = txn_op::unlock("k", "mine", "", 1);
  CHECK(send(holder(""), release).committed);
  CHECK_FALSE(send(holder("yours"), release).committed);
  CHECK(send(holder("yours"), txn_op::check_index("k", 7)).committed);
  CHECK(send(holder("yours"), txn_op::lock("k", "mine", "v", 1)).error ==
        consul_errc::outcome_unknown);
}

TEST_CASE("an index that is none") {
  scripted_server server;
  const std::string entry =
      R"([{"LockIndex":0,"Key":"k","Flags":0,"Value":"","CreateIndex":1,"ModifyIndex":1}])";
  for (const char* index : {"0", "-1", "7x", "", "9223372036854775808", "18446744073709551616"}) {
    auto client = server.says(200, entry, index);
    CHECK(server.get(client) == consul_errc::bad_answer);
  }
  auto highest = server.says(200, entry, "9223372036854775807");
  CHECK_FALSE(server.get(highest));
}

TEST_CASE("a 404 that is not Consul's means neither a missing key nor a dead session") {
  scripted_server server;
  auto not_found = server.says(404, "404 page not found");
  CHECK(server.get(not_found) == consul_errc::bad_answer);
  CHECK(server.runtime.run(not_found.list("k", consistency::default_)).error ==
        consul_errc::bad_answer);
  CHECK(server.runtime.run(not_found.renew_session("id", server.runtime.now() + 1s)).error ==
        consul_errc::bad_answer);
  auto proxy = server.says(404, "404 page not found", "7");
  CHECK(server.get(proxy) == consul_errc::bad_answer);
  auto no_key = server.says(404, "", "7");
  const auto missing = server.runtime.run(no_key.get("k", consistency::default_));
  CHECK_FALSE(missing.error);
  CHECK_FALSE(missing.entry);
  CHECK(missing.index == 7);
}

TEST_CASE("a token without permission, a lost leader, a busy server") {
  scripted_server server;
  server.config.token("the-token");
  auto denied = server.says(
      409, R"({"Results":null,"Errors":[{"OpIndex":0,"What":"Permission denied"}]})");
  CHECK(server.write(denied) == consul_errc::forbidden);
  auto lost = server.says(500, "leadership lost while committing log");
  const auto unknown =
      server.runtime.run(lost.write({txn_op::get("k")}, server.runtime.now() + 1s));
  CHECK(unknown.error == consul_errc::outcome_unknown);
  CHECK(unknown.detail ==
        "PUT /v1/txn at 127.0.0.1:8500: 500 leadership lost while committing log");
  auto busy = server.says(429, "slow down");
  const auto throttled = server.runtime.run(busy.get("k", consistency::default_));
  CHECK(throttled.error == consul_errc::throttled);
  CHECK(throttled.detail == "GET /v1/kv/k at 127.0.0.1:8500: 429 slow down");
}

TEST_CASE("a refused transaction names the rule of its operation, whatever the version says") {
  scripted_server server;
  const bool named = GENERATE(false, true);
  const auto lacks = [&](const std::string& right) {
    return named ? ": token with AccessorID 'a' lacks permission '" + right + R"(' on \"k\")" : "";
  };
  const std::string read = lacks("key:read");
  const std::string write = lacks("key:write");
  auto denied = server.says(
      409, R"({"Results":null,"Errors":[{"OpIndex":0,"What":"Permission denied)" + read +
               R"("},{"OpIndex":1,"What":"Permission denied)" + write + R"("}]})");
  const auto refused = server.runtime.run(denied.write(
      {txn_op::check_index("k", 1), txn_op::set("k", "v")}, server.runtime.now() + 1s));
  const std::string who = named ? "the token a" : "the token";
  CHECK(refused.error == consul_errc::forbidden);
  CHECK(refused.detail == "PUT /v1/txn at 127.0.0.1:8500: " + who +
                              " lacks key:write on \"k\" (key \"k\" { policy = \"write\" })");
  REQUIRE(refused.failures.size() == 2);
  CHECK(refused.failures[0].kind == consul::txn_failure::forbidden);
  CHECK(refused.failures[0].what ==
        who + " lacks key:read on \"k\" (key \"k\" { policy = \"read\" })");
}

TEST_CASE("a key that a proof asked for and Consul left out may not be read") {
  scripted_server server;
  auto hides = server.says(200, R"({"Results":[],"Errors":null})");
  const auto proof =
      server.runtime.run(hides.prove({txn_op::get("k")}, server.runtime.now() + 1s));
  CHECK(proof.error == consul_errc::forbidden);
  CHECK(proof.detail == "PUT /v1/txn at 127.0.0.1:8500: the token lacks key:read on \"k\" "
                        "(key \"k\" { policy = \"read\" })");
}

TEST_CASE("every request has the token, the credentials and the datacenter") {
  scripted_server server;
  server.config.token("the-token");
  server.config.basic_auth("user:pass");
  server.config.access(consul_access(server.config.access()).datacenter("dc2"));
  auto configured = server.says(200, "\"x\"");
  CHECK_FALSE(server.runtime.run(configured.ping()).error);
  REQUIRE(server.transport->sent.size() == 1);
  const runtime::http_request& sent = server.transport->sent[0];
  CHECK(sent.target == "/v1/status/leader?dc=dc2");
  using header = std::pair<std::string, std::string>;
  CHECK(sent.headers == std::vector<header>{{"X-Consul-Token", "the-token"},
                                            {"Authorization", "Basic dXNlcjpwYXNz"}});
}

}  // namespace
