// The embedded agent without a socket: requests reach the same code that the HTTP server runs, in
// virtual time.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <tenure/toolkit/async_condition.hpp>
#include <tenure/toolkit/timers.hpp>

#include "agent/handler.hpp"
#include "testing/manual_runtime.hpp"

namespace tenure::testing {

/// One server, shared by the transports of any number of simulated processes. It must outlive
/// them, and be outlived by the runtime.
class in_process_agent final : public agent::answer_sink {
 public:
  explicit in_process_agent(manual_runtime& runtime, agent::handler_options options = {});
  ~in_process_agent() override;

  agent::handler& handler() noexcept { return *handler_; }
  /// Sends a request that is answered at once (no blocking query that parks). Works also while the
  /// agent is stopped.
  runtime::http_response ask(runtime::http_request request);
  /// Restarts empty, as after a crash: parked queries are never answered.
  void restart(agent::handler_options options);

  /// Stops listening: resets every connection, and those of requests that arrive meanwhile. The
  /// state stays and its time goes on, as with a client agent whose servers live on.
  void stop();
  void start() noexcept { stopped_ = false; }
  bool stopped() const noexcept { return stopped_; }

  /// A sent request, and its response once there is one.
  class inflight_request;
  /// Delivers the request to the server after `delay`, even if its sender gives up.
  std::shared_ptr<inflight_request> send(runtime::http_request request, duration delay,
                                         std::function<bool()> loses_answer);

 private:
  class tick_timer;
  void answered(agent::request_id id, runtime::http_response response) override;
  void arrive(inflight_request& arrived) noexcept;
  void serve(inflight_request& arrived) noexcept;
  void reset(inflight_request& which) noexcept;
  void abandon(inflight_request& abandoned) noexcept;
  void rearm();

  manual_runtime& runtime_;
  std::unique_ptr<agent::handler> handler_;
  std::unique_ptr<tick_timer> tick_;
  /// Delayed or not answered.
  std::map<agent::request_id, std::shared_ptr<inflight_request>> inflight_;
  agent::request_id last_id_ = 0;
  bool stopped_ = false;
};

// While the request is delayed it is a timer, then it waits for the response.
class in_process_agent::inflight_request : public runtime::timer {
 public:
  inflight_request(in_process_agent& server, agent::request_id id, runtime::http_request request);

  /// The client has given up. A delayed request still arrives.
  void abandon() noexcept { server_.abandon(*this); }

  const agent::request_id id;
  runtime::http_request request;
  bool abandoned = false;
  bool reset = false;  ///< the server closed the connection instead of answering
  std::optional<runtime::http_response> response;
  /// Asked when the server answers or closes the connection: whether the network loses that.
  std::function<bool()> loses_answer;
  bool lost = false;
  runtime::async_condition changed;  ///< `reset` or `response`

 private:
  in_process_agent& server_;
};

}  // namespace tenure::testing
