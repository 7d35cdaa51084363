#include "testing/handler_transport.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <memory>
#include <optional>
#include <utility>

namespace tenure::testing {

namespace asio = boost::asio;

namespace {

// Consul refuses each operation by itself.
std::string refused_transaction(const std::string& body) {
  constexpr std::string_view operation = "\"Verb\"";
  std::string errors;
  std::size_t index = 0;
  for (auto at = body.find(operation); at != body.npos; at = body.find(operation, at + 1)) {
    errors += (index == 0 ? "" : ",");
    errors += "{\"OpIndex\":" + std::to_string(index++) + ",\"What\":\"Permission denied\"}";
  }
  return "{\"Results\":null,\"Errors\":[" + errors + "]}";
}

}  // namespace

class handler_transport::counted {
 public:
  explicit counted(count& counts) noexcept : counts_(counts) {
    ++counts_.started;
    counts_.peak = std::max(counts_.peak, ++counts_.now);
  }
  counted(const counted&) = delete;
  counted& operator=(const counted&) = delete;
  ~counted() { --counts_.now; }

 private:
  count& counts_;
};

namespace {

// Abandons the request if its sender goes away before the response.
class abandon_guard {
 public:
  explicit abandon_guard(std::shared_ptr<in_process_agent::inflight_request> sent)
      : sent_(std::move(sent)) {}
  abandon_guard(const abandon_guard&) = delete;
  abandon_guard& operator=(const abandon_guard&) = delete;
  ~abandon_guard() {
    if (!sent_->response) sent_->abandon();
  }

 private:
  std::shared_ptr<in_process_agent::inflight_request> sent_;
};

// The response of a server that refuses the request and does nothing.
std::optional<runtime::http_response> refusal_of(mishap what,
                                                const runtime::http_request& request) {
  if (what == mishap::unknown_token) return runtime::http_response(403, "ACL not found");
  if (what == mishap::throttled) return runtime::http_response(429, "");
  if (what == mishap::too_large) return runtime::http_response(413, "too many operations");
  if (what != mishap::forbidden && what != mishap::hidden) return std::nullopt;
  if (request.target.starts_with("/v1/txn"))
    return runtime::http_response(409, refused_transaction(request.body));
  if (what == mishap::hidden && request.target.find("recurse") != std::string::npos) {
    runtime::http_response nothing(404, "");
    nothing.headers.emplace_back("X-Consul-Index", "1");
    return nothing;
  }
  return runtime::http_response(403, "Permission denied");
}

}  // namespace

asio::awaitable<runtime::exchange_result> handler_transport::exchange(runtime::lane where,
                                                                      runtime::http_request request,
                                                                      time_point deadline,
                                                                      runtime::on_stale) {
  runtime::exchange_result result;
  const counted in_flight(counts_[index_of(where)]);
  const fate what_happens = network ? network(where, request) : fate();
  try {
    co_await run(where, request, deadline, what_happens, result);
  } catch (const boost::system::system_error& error) {
    result.error = error.code();
  }
  if (!result.error && observer) observer(request, result.response);
  co_return result;
}

asio::awaitable<void> handler_transport::stay_silent(time_point deadline,
                                                     runtime::exchange_result& result) {
  const bool was_reset = co_await silence_.wait(deadline);
  if (was_reset) result.error = asio::error::connection_reset;
}

asio::awaitable<void> handler_transport::run(runtime::lane where, runtime::http_request& request,
                                             time_point deadline, const fate& what_happens,
                                             runtime::exchange_result& result) {
  result.error = consul_errc::timed_out;
  if (what_happens.what == mishap::refused) {
    co_await runtime::sleep_until(timers_, timers_.now());
    result.error = asio::error::connection_refused;
    co_return;
  }
  result.sent = true;
  result.sent_at = timers_.now();
  if (what_happens.what == mishap::silent_before) {
    co_await stay_silent(deadline, result);
    co_return;
  }
  if (what_happens.what == mishap::reset_before) {
    const time_point reset_at = timers_.now() + what_happens.request_delay;
    co_await runtime::sleep_until(timers_, std::min(deadline, reset_at));
    if (reset_at <= deadline) result.error = asio::error::connection_reset;
    co_return;
  }

  std::optional<runtime::http_response> refusal = refusal_of(what_happens.what, request);
  if (refusal) {
    co_await runtime::sleep_until(timers_, timers_.now());
    result.error = {};
    result.response = std::move(*refusal);
    co_return;
  }

  const auto sent = server_.send(request, what_happens.request_delay, [this, where] {
    return loses_response && loses_response(where);
  });
  const abandon_guard abandon_on_exit(sent);
  // Always through the executor, even for an immediate response.
  co_await runtime::sleep_until(timers_, timers_.now());
  while (!sent->response && !sent->reset) {
    const bool notified = co_await sent->changed.wait(deadline);
    if (!notified) co_return;
  }
  if (what_happens.what == mishap::silent_after || sent->lost) {
    co_await stay_silent(deadline, result);
    co_return;
  }
  if (what_happens.answer_delay > duration::zero()) {
    const time_point back_at = timers_.now() + what_happens.answer_delay;
    co_await runtime::sleep_until(timers_, std::min(deadline, back_at));
    if (back_at > deadline) co_return;
  }
  if (what_happens.what == mishap::reset_after || sent->reset) {
    result.error = asio::error::connection_reset;
    co_return;
  }
  result.error = {};
  result.response = std::move(*sent->response);
}

}  // namespace tenure::testing
