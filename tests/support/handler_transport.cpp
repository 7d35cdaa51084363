#include "support/handler_transport.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <optional>
#include <stdexcept>

#include "runtime/async_condition.hpp"

namespace tenure::test {

namespace asio = boost::asio;

// A timer while it is on its way, then a place for the answer.
class in_process_agent::flight : public runtime::timer {
 public:
  flight(in_process_agent& server, agent::request_id id, runtime::http_request request)
      : timer([](timer& t) noexcept {
          auto& self = static_cast<flight&>(t);
          self.server_.arrive(self);
        }),
        id(id),
        request(std::move(request)),
        changed(server.runtime_.timers()),
        server_(server) {}

  /// The client has lost interest. What is on its way still arrives.
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
          agent.follow();
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
  for (auto& [id, flight] : flights_) runtime_.timers().disarm(*flight);
}

void in_process_agent::restart(agent::handler_options options) {
  std::erase_if(flights_, [](const auto& entry) { return !entry.second->armed(); });
  handler_ = std::make_unique<agent::handler>(std::move(options), runtime_.random(), *this,
                                              runtime_.now());
  follow();
}

runtime::http_response in_process_agent::ask(runtime::http_request request) {
  const auto asked = send(std::move(request), duration(0));
  if (!asked->response) throw std::logic_error("the agent does not answer at once");
  return std::move(*asked->response);
}

std::shared_ptr<in_process_agent::flight> in_process_agent::send(runtime::http_request request,
                                                                 duration delay) {
  auto sent = std::make_shared<flight>(*this, ++last_id_, std::move(request));
  flights_.emplace(sent->id, sent);
  if (delay > duration::zero())
    runtime_.timers().arm(*sent, runtime_.now() + delay);
  else
    arrive(*sent);
  return sent;
}

void in_process_agent::arrive(flight& arrived) noexcept {
  const auto kept = flights_.at(arrived.id);  // an answer at once takes it out of the map
  handler_->handle(arrived.request, runtime_.now(), arrived.id);
  if (arrived.abandoned) abandon(arrived);
  follow();
}

void in_process_agent::abandon(flight& abandoned) noexcept {
  abandoned.abandoned = true;
  if (abandoned.armed() || flights_.erase(abandoned.id) == 0) return;
  handler_->abandon(abandoned.id);
  follow();
}

void in_process_agent::answered(agent::request_id id, runtime::http_response response) {
  const auto found = flights_.find(id);
  if (found == flights_.end()) return;  // of a client that has gone
  found->second->response = std::move(response);
  found->second->changed.notify_all();
  flights_.erase(found);
}

void in_process_agent::follow() {
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

// Abandons the request where its sender goes away before the answer.
class interest {
 public:
  explicit interest(std::shared_ptr<in_process_agent::flight> flight)
      : flight_(std::move(flight)) {}
  interest(const interest&) = delete;
  interest& operator=(const interest&) = delete;
  ~interest() {
    if (!flight_->response) flight_->abandon();
  }

 private:
  std::shared_ptr<in_process_agent::flight> flight_;
};

}  // namespace

asio::awaitable<runtime::exchange_result> handler_transport::exchange(runtime::lane where,
                                                                      runtime::http_request request,
                                                                      time_point deadline,
                                                                      runtime::on_stale) {
  runtime::exchange_result result;
  const counted in_flight(counts_[place(where)]);
  const fate what_happens = network ? network(where, request) : fate();
  try {
    co_await travel(request, deadline, what_happens, result);
  } catch (const boost::system::system_error& error) {
    result.error = error.code();
  }
  if (!result.error && observer) observer(request, result.response);
  co_return result;
}

asio::awaitable<void> handler_transport::travel(runtime::http_request& request, time_point deadline,
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
  const interest kept(sent);
  // Always through the executor, an answer at once too.
  co_await runtime::sleep_until(timers, runtime_.now());
  while (!sent->response) {
    const bool told = co_await sent->changed.wait(deadline);
    if (!told) co_return;
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
