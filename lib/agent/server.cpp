#include "agent/server.hpp"

#include <algorithm>
#include <exception>
#include <utility>
#include <vector>

#include "agent/kept_state.hpp"
#include "wire/http_server.hpp"

namespace tenure::agent {
namespace {

wire::http_server_options http_options(const server_options& options) {
  wire::http_server_options http;
  http.connections_per_address = options.connections_per_address;
  return http;
}

}  // namespace

class server::implementation final : public wire::http_service, public answer_sink {
 public:
  implementation(runtime::environment services, server_options options)
      : services_(std::move(services)),
        kept_(options.state_file.value_or(std::string())),
        handler_(started(options), *services_.random, *this, services_.timers->now()),
        http_(services_.executor, *services_.timers, *this, http_options(options)),
        timer_(*this) {}

  ~implementation() override { services_.timers->disarm(timer_); }

  wire::http_server& http() noexcept { return http_; }

  /// The state file is only touched by an agent that has its address: another one may be running.
  void listen(const std::string& address) {
    http_.listen(address);
    kept_.reach(handler_.index());
    for (const auto& warning : std::exchange(warnings_, {})) {
      services_.log->log(log_level::warn, warning, {{"file", kept_.path()}});
    }
  }

  const agent::handler& state() const noexcept { return handler_; }

  void on_request(std::uint64_t id, runtime::http_request request) override {
    handler_.handle(request, services_.timers->now(), id);
    settle();
  }
  void on_closed(std::uint64_t id) override { handler_.abandon(id); }
  void answered(request_id id, runtime::http_response response) override {
    http_.respond(id, std::move(response));
  }

  void stop() {
    if (std::exchange(stopped_, true)) return;
    http_.stop();
    handler_.release_parked();
    services_.timers->disarm(timer_);
    kept_.stop(handler_.index(), handler_.sessions() == 0);
    services_.log->log(log_level::info, "agent stopped",
                       {{"index", handler_.index()},
                        {"sessions", std::uint64_t{handler_.sessions()}}});
  }

 private:
  class handler_timer : public runtime::timer {
   public:
    explicit handler_timer(implementation& owner)
        : timer([](timer& t) noexcept { static_cast<handler_timer&>(t).owner_.tick(); }),
          owner_(owner) {}

   private:
    implementation& owner_;
  };

  /// The options of a handler that goes on where the last one ended.
  handler_options started(const server_options& options) {
    handler_options handler = options.handler;
    if (!options.state_file) return handler;
    kept_.load();
    handler.start_index = std::max(handler.start_index, kept_.start_index());
    if (kept_.damaged()) warnings_.push_back("the state file makes no sense and is replaced");
    if (!kept_.clean()) {
      handler.start_lock_delay = std::max(handler.start_lock_delay, options.unclean_lock_delay);
      const auto seconds = std::chrono::ceil<std::chrono::seconds>(handler.start_lock_delay);
      if (seconds.count() > 0) {
        std::string& warning = warnings_.emplace_back();
        warning.append("no clean stop before this start: nobody gets a lock for ");
        warning.append(std::to_string(seconds.count())).append(" s");
      }
    }
    return handler;
  }

  void tick() {
    handler_.tick(services_.timers->now());
    settle();
  }

  void settle() {
    keep();
    const time_point next = handler_.next_deadline();
    if (next == time_point::max()) {
      services_.timers->disarm(timer_);
    } else if (!timer_.armed() || timer_.deadline() != next) {
      services_.timers->arm(timer_, next);
    }
  }

  /// A full disk must not stop the agent; what is at stake is only a fence that goes back after a
  /// crash and a clock that was set back, both.
  void keep() noexcept {
    try {
      kept_.reach(handler_.index());
    } catch (const std::exception& error) {
      services_.log->log(log_level::error, error.what());
    }
  }

  runtime::environment services_;
  std::vector<std::string> warnings_;
  kept_state kept_;
  agent::handler handler_;
  wire::http_server http_;
  handler_timer timer_;
  bool stopped_ = false;
};

server::server(runtime::environment services, server_options options)
    : implementation_(std::make_unique<implementation>(std::move(services), std::move(options))) {}

server::~server() = default;

void server::listen(const std::string& address) { implementation_->listen(address); }

unsigned short server::port() const noexcept { return implementation_->http().port(); }

std::string server::address() const { return "127.0.0.1:" + std::to_string(port()); }

void server::stop() { implementation_->stop(); }

std::size_t server::connections() const noexcept { return implementation_->http().connections(); }

std::size_t server::parked() const noexcept { return implementation_->state().parked(); }

std::size_t server::sessions() const noexcept { return implementation_->state().sessions(); }

std::uint64_t server::index() const noexcept { return implementation_->state().index(); }

}  // namespace tenure::agent
