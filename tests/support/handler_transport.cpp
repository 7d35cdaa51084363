#include "support/handler_transport.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <optional>
#include <stdexcept>
#include <tenure/toolkit/async_condition.hpp>

namespace tenure::test {

namespace asio = boost::asio;

// While the request is delayed it is a timer, then it waits for the response.
class in_process_agent::inflight_request : public runtime::timer {
 public:
  inflight_request(in_process_agent& server, agent::request_id id, runtime::http_request request)
      : timer([](timer& t) noexcept {
          auto& self = static_cast<inflight_request&>(t);
          self.server_.arrive(self);
        }),
        id(id),
        request(std::move(request)),
        changed(server.runtime_.timers()),
        server_(server) {}

  /// The client has given up. A delayed request still arrives.
  void abandon() noexcept { server_.abandon(*this); }

  const agent::request_id id;
  runtime::http_request request;
  bool abandoned = false;
  std::optional<runtime::http_response> response;
  runtime::async_condition changed;

 private:
  in_process_agent& server_;
};

class in_process_agent::tick_timer : public runtime::timer {
 public:
  explicit tick_timer(in_process_agent& server)
      : timer([](timer& t) noexcept {
          in_process_agent& agent = static_cast<tick_timer&>(t).server_;
          agent.handler_->tick(agent.runtime_.now());
          agent.rearm();
        }),
        server_(server) {}

 private:
  in_process_agent& server_;
};

in_process_agent::in_process_agent(manual_runtime& runtime, agent::handler_options options)
    : runtime_(runtime), tick_(std::make_unique<tick_timer>(*this)) {
  restart(std::move(options));
}

in_process_agent::~in_process_agent() {
  runtime_.timers().disarm(*tick_);
  for (auto& [id, flight] : inflight_) runtime_.timers().disarm(*flight);
}

void in_process_agent::restart(agent::handler_options options) {
  std::erase_if(inflight_, [](const auto& entry) { return !entry.second->armed(); });
  handler_ = std::make_unique<agent::handler>(std::move(options), runtime_.random(), *this,
                                              runtime_.now());
  rearm();
}

runtime::http_response in_process_agent::ask(runtime::http_request request) {
  const auto asked = send(std::move(request), duration(0));
  if (!asked->response) throw std::logic_error("the agent did not answer at once");
  return std::move(*asked->response);
}

std::shared_ptr<in_process_agent::inflight_request> in_process_agent::send(
    runtime::http_request request, duration delay) {
  auto sent = std::make_shared<inflight_request>(*this, ++last_id_, std::move(request));
  inflight_.emplace(sent->id, sent);
  if (delay > duration::zero())
    runtime_.timers().arm(*sent, runtime_.now() + delay);
  else
    arrive(*sent);
  return sent;
}

void in_process_agent::arrive(inflight_request& arrived) noexcept {
  const auto kept = inflight_.at(arrived.id);  // an immediate response erases it from the map
  handler_->handle(arrived.request, runtime_.now(), arrived.id);
  if (arrived.abandoned) abandon(arrived);
  rearm();
}

void in_process_agent::abandon(inflight_request& abandoned) noexcept {
  abandoned.abandoned = true;
  if (abandoned.armed() || inflight_.erase(abandoned.id) == 0) return;
  handler_->abandon(abandoned.id);
  rearm();
}

void in_process_agent::answered(agent::request_id id, runtime::http_response response) {
  const auto found = inflight_.find(id);
  if (found == inflight_.end()) return;  // the client has gone
  found->second->response = std::move(response);
  found->second->changed.notify_all();
  inflight_.erase(found);
}

void in_process_agent::rearm() {
  const time_point next = handler_->next_deadline();
  if (next == time_point::max())
    runtime_.timers().disarm(*tick_);
  else
    runtime_.timers().arm(*tick_, next);
}

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

}  // namespace

asio::awaitable<runtime::exchange_result> handler_transport::exchange(runtime::lane where,
                                                                 runtime::http_request request,
                                                                 time_point deadline,
                                                                      runtime::on_stale) {
  runtime::exchange_result result;
  const counted in_flight(counts_[index_of(where)]);
  const fate what_happens = network ? network(where, request) : fate();
  try {
    co_await run(request, deadline, what_happens, result);
  } catch (const boost::system::system_error& error) {
    result.error = error.code();
  }
  if (!result.error && observer) observer(request, result.response);
  co_return result;
}

asio::awaitable<void> handler_transport::run(runtime::http_request& request, time_point deadline,
                                                const fate& what_happens,
                                                runtime::exchange_result& result) {
  runtime::timers& timers = runtime_.timers();
  result.error = consul_errc::timed_out;
  if (what_happens.what == mishap::refused) {
    co_await runtime::sleep_until(timers, runtime_.now());
    result.error = asio::error::connection_refused;
    co_return;
  }
  result.sent = true;
  result.sent_at = runtime_.now();
  if (what_happens.what == mishap::silent_before) {
    co_await runtime::sleep_until(timers, deadline);
    co_return;
  }
  if (what_happens.what == mishap::reset_before) {
    const time_point reset_at = runtime_.now() + what_happens.request_delay;
    co_await runtime::sleep_until(timers, std::min(deadline, reset_at));
    if (reset_at <= deadline) result.error = asio::error::connection_reset;
    co_return;
  }

  if (what_happens.what == mishap::forbidden) {
    co_await runtime::sleep_until(timers, runtime_.now());
    result.error = {};
    result.response = runtime::http_response(403, "Permission denied");
    co_return;
  }

  const auto sent = server_.send(request, what_happens.request_delay);
  const abandon_guard abandon_on_exit(sent);
  // Always through the executor, even for an immediate response.
  co_await runtime::sleep_until(timers, runtime_.now());
  while (!sent->response) {
    const bool notified = co_await sent->changed.wait(deadline);
    if (!notified) co_return;
  }
  if (what_happens.what == mishap::silent_after) {
    co_await runtime::sleep_until(timers, deadline);
    co_return;
  }
  if (what_happens.answer_delay > duration::zero()) {
    const time_point back_at = runtime_.now() + what_happens.answer_delay;
    co_await runtime::sleep_until(timers, std::min(deadline, back_at));
    if (back_at > deadline) co_return;
  }
  if (what_happens.what == mishap::reset_after) {
    result.error = asio::error::connection_reset;
    co_return;
  }
  result.error = {};
  result.response = std::move(*sent->response);
}

}  // namespace tenure::test
