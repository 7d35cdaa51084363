// Simulated processes with elections, on one embedded agent, under virtual time.
#pragma once

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <tenure/elections.hpp>
#include <utility>
#include <vector>

#include "testing/simulated_process.hpp"

namespace tenure::test {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using testing::fate;
using testing::handler_transport;
using testing::in_process_agent;
using testing::manual_runtime;
using testing::mishap;

/// One process, on the main loop: its own transport, and the elections that use it.
class process : public testing::simulated_process {
 public:
  process(manual_runtime& rt, in_process_agent& server, elections_options options = {},
          consul_config config = consul_config())
      : simulated_process(rt, rt.main_loop(), server, std::move(options), std::move(config)) {}

  /// Drops all requests from now on.
  void cut_off() {
    transport->network = [](runtime::lane, const runtime::http_request&) {
      return fate(mishap::silent_before);
    };
  }
  void reconnect() { transport->network = nullptr; }
};

/// A coroutine that runs in the background of a test, which can poll its result.
template <class T>
class running {
 public:
  running(manual_runtime& rt, asio::awaitable<T> task) : state_(std::make_shared<state>()) {
    asio::co_spawn(rt.executor(), std::move(task),
                   asio::bind_cancellation_slot(state_->cancel.slot(),
                                                [s = state_](std::exception_ptr e, T value) {
                                                  s->thrown = std::move(e);
                                                  if (!s->thrown) s->value = std::move(value);
                                                  s->done = true;
                                                }));
  }
  bool done() const { return state_->done; }
  void cancel() { state_->cancel.emit(asio::cancellation_type::terminal); }
  const T& value() const {
    if (state_->thrown) std::rethrow_exception(state_->thrown);
    return state_->value.value();
  }
  error_code error() const {
    try {
      if (state_->thrown) std::rethrow_exception(state_->thrown);
    } catch (const boost::system::system_error& e) {
      return e.code();
    }
    return {};
  }

 private:
  struct state {
    asio::cancellation_signal cancel;
    bool done = false;
    std::optional<T> value;
    std::exception_ptr thrown;
  };
  std::shared_ptr<state> state_;
};

/// awaitable<void> as awaitable<bool>, for running<bool>.
inline asio::awaitable<bool> truly(asio::awaitable<void> task) {
  co_await std::move(task);
  co_return true;
}

class election_fixture {
 public:
  explicit election_fixture(agent::handler_options server = {})
      : rt(1), agent(rt, std::move(server)) {}

  process& add(elections_options options = {}, consul_config config = consul_config()) {
    processes.push_back(
        std::make_unique<process>(rt, agent, std::move(options), std::move(config)));
    return *processes.back();
  }
  runtime::http_response ask(std::string method, std::string target, std::string body = {}) {
    runtime::http_response r =
        agent.ask(runtime::http_request(std::move(method), std::move(target), std::move(body)));
    rt.run_until_idle();
    return r;
  }
  /// The stored entry of the key as JSON text; empty if there is none.
  std::string key(const std::string& name) {
    const auto r = ask("GET", "/v1/kv/" + name);
    return r.status == 200 ? r.body : std::string();
  }
  term lead(election& e) {
    running<term> campaign(rt, e.campaign());
    rt.run_until([&] { return campaign.done(); });
    return campaign.value();
  }
  /// Shuts the processes down, so that no task outlives the runtime.
  void shut_down() {
    for (auto& p : processes) {
      p->reconnect();
      rt.run(p->elections->shut_down());
    }
  }

  manual_runtime rt;
  in_process_agent agent;
  std::vector<std::unique_ptr<process>> processes;
};

}  // namespace tenure::test
