// The whole client of Consul, from the socket to the typed answer: the server answers every request
// with the bytes of the input and closes.
#include <string>
#include <vector>

#include "consul/client.hpp"
#include "raw_socket.hpp"
#include "target.hpp"
#include "testing/manual_runtime.hpp"
#include "wire/http_client.hpp"

namespace {

using namespace tenure;
using namespace tenure::consul;
using namespace std::chrono_literals;
namespace asio = boost::asio;
using fuzz::require;

std::vector<txn_op> operations() {
  std::vector<txn_op> ops;
  ops.push_back(txn_op::check_index("k", 7));
  ops.push_back(txn_op::lock("k", "s", "v", lock_flags));
  ops.push_back(txn_op::get("k"));
  return ops;
}

void check(const answer_base& answer) {
  require(answer.received_at >= answer.sent_at, "a lease counts from before the answer");
  require(bool(answer.error) == !answer.detail.empty(), "an error has a text, and no other answer");
  require(answer.detail.find_first_of("\r\n") == std::string::npos, "it is one line");
}

asio::awaitable<void> keys(client& consul, unsigned choice, time_point) {
  if (choice == 2) {
    const kv_list found = co_await consul.list("k", consistency::default_);
    check(found);
    require(!found.error || found.entries.empty(), "with an error there are no keys");
    co_return;
  }
  kv_result found;
  if (choice == 0) {
    kv_result got = co_await consul.get("k", consistency::consistent);
    found = std::move(got);
  } else {
    kv_result got = co_await consul.watch("k", 7, 10s);
    found = std::move(got);
  }
  check(found);
  require(found.error || found.index != 0, "an answer about keys has an index");
  require(!found.entry || found.entry->key == "k", "it is about the key of the request");
}

asio::awaitable<void> sessions(client& consul, unsigned choice, time_point deadline) {
  if (choice == 3) {
    session_request wanted;
    const session_created made = co_await consul.create_session(wanted);
    check(made);
    require(made.error || !made.id.empty(), "a session has an id");
  } else if (choice == 4) {
    const session_renewed renewed = co_await consul.renew_session("s", deadline);
    check(renewed);
  } else {
    const session_found found = co_await consul.session_info("s", consistency::consistent);
    check(found);
    require(!found.session || found.session->id == "s", "it is the session of the request");
  }
}

asio::awaitable<void> transactions(client& consul, unsigned choice, time_point deadline) {
  txn_result result;
  if (choice == 6) {
    txn_result written = co_await consul.write(operations(), deadline);
    result = std::move(written);
  } else {
    txn_result proved = co_await consul.prove(operations(), deadline);
    result = std::move(proved);
  }
  check(result);
  require(!result.committed || (!result.error && result.failures.empty()),
          "a committed transaction has no failures");
  require(!result.committed || result.results.size() == 2, "and all of its results");
  require(result.error || result.committed || !result.failures.empty(), "a refused one says why");
}

asio::awaitable<void> others(client& consul, unsigned choice, time_point deadline) {
  if (choice == 8) {
    const check_result passed = co_await consul.pass_check("c", deadline);
    check(passed);
  } else {
    const ack alive = co_await consul.ping();
    check(alive);
  }
}

// Serves every connection with the same bytes, until the operation has ended.
void serve(testing::manual_runtime& runtime, fuzz::raw_socket& listener, std::string_view bytes,
           const bool& ended) {
  struct connection {
    fuzz::raw_socket socket;
    std::string_view rest;
  };
  std::vector<connection> open;
  std::string request;
  for (;;) {
    runtime.io().restart();
    runtime.run_until_idle();
    if (ended) return;
    bool moved = false;
    while (auto accepted = listener.accept()) {
      open.push_back({std::move(*accepted), bytes});
      moved = true;
    }
    for (connection& each : open) {
      each.socket.receive(request);
      const std::size_t before = each.rest.size();
      each.socket.send(each.rest);
      moved = moved || each.rest.size() != before;
      if (each.rest.empty()) each.socket.end();
    }
    runtime.io().restart();
    runtime.run_until_idle();
    if (ended) return;
    if (!moved) require(runtime.step(), "an operation ends by its deadline");
  }
}

void answer(std::string_view input) {
  const unsigned choice = fuzz::take_choice(input, 10);
  const std::string path = fuzz::own_folder() + "/consul";
  static fuzz::raw_socket listener = fuzz::raw_socket::listening(path);
  testing::manual_runtime runtime;
  const consul_config config("unix://" + path);
  runtime.set_transport(std::make_shared<wire::http_client>(
      runtime.executor(), runtime.environment()->timers, config, wire::lane_limits(1, 1, 1)));
  client consul(runtime.environment(), config);
  bool ended = false;
  const auto task = choice < 3   ? keys
                    : choice < 6 ? sessions
                    : choice < 8 ? transactions
                                 : others;
  asio::co_spawn(runtime.io(), task(consul, choice, runtime.now() + 10s),
                 [&](std::exception_ptr thrown) {
                   require(!thrown, "errors are returned");
                   ended = true;
                 });
  serve(runtime, listener, input, ended);
  while (listener.accept()) {
  }
}

const fuzz::target it("consul_responses", answer);

}  // namespace
