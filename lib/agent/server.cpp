#include "agent/server.hpp"

#include <algorithm>
#include <exception>
#include <string_view>
#include <tenure/toolkit/http_server.hpp>
#include <utility>

#include "agent/state_file.hpp"

namespace tenure::agent {
namespace {

constexpr std::string_view https_scheme = "https://";

wire::http_server_options http_options(const server_options& options,
                                       std::shared_ptr<log_sink> log) {
  wire::http_server_options http;
  http.access = options.access;
  http.access.as_consul = true;
  http.access.open_paths.clear();
  http.log = std::move(log);
  http.connections = options.connections;
  http.connections_per_address = options.connections_per_address;
  using excess = wire::http_server_options::excess;
  http.excess_connection = traits_of(options.handler.version).answers_excess_connection
                               ? excess::answered
                               : excess::closed;
  return http;
}

std::optional<wire::server_tls> tls_of(const server_options& options,
                                       const std::shared_ptr<log_sink>& log) {
  if (!options.tls) return std::nullopt;
  return wire::server_tls(*options.tls, log);
}

}  // namespace

class server::implementation final : public wire::http_service, public answer_sink {
 public:
  implementation(runtime::environment env, server_options options)
      : env_(std::move(env)),
        tls_(tls_of(options, env_.log)),
        unclean_lock_delay_(options.unclean_lock_delay),
        state_file_(options.state_file.value_or(std::string())),
        handler_(resumed(options), *env_.random, *this, env_.timers->now()),
        http_(env_.executor, *env_.timers, *this, http_options(options, env_.log)),
        timer_(*this) {}

  ~implementation() override { env_.timers->disarm(timer_); }

  wire::http_server& http() noexcept { return http_; }

  /// Writes the state file only after it has the address: another agent may be running.
  unsigned short listen(const std::string& address) {
    const bool secure = address.starts_with(https_scheme);
    if (secure && !tls_) {
      throw bad_configuration("cannot listen on " + address +
                              ": TLS needs a certificate and a key");
    }
    const unsigned short port =
        secure ? http_.listen(address.substr(https_scheme.size()), *tls_) : http_.listen(address);
    if (address_.empty() && port != 0) {
      address_ = (secure ? std::string(https_scheme) : "") + "127.0.0.1:" + std::to_string(port);
    }
    state_file_.reach(handler_.index());
    log_start();
    return port;
  }

  const std::string& address() const noexcept { return address_; }

  const agent::handler& state() const noexcept { return handler_; }

  void on_request(std::uint64_t id, runtime::http_request request) override {
    handler_.handle(request, env_.timers->now(), id);
    after_step();
  }
  void on_closed(std::uint64_t id) override { handler_.abandon(id); }
  void answered(request_id id, runtime::http_response response) override {
    http_.respond(id, std::move(response));
  }

  void check_not_run(const std::string& id, const std::string& type) override {
    env_.log->log(log_level::warn, "check not run", {{"check", id}, {"type", type}});
  }

  void stop() {
    if (std::exchange(stopped_, true)) return;
    http_.stop();
    handler_.release_parked();
    env_.timers->disarm(timer_);
    const bool clean = handler_.forgets_nothing(env_.timers->now(), unclean_lock_delay_);
    state_file_.stop(handler_.index(), clean ? stop_kind::clean : stop_kind::unclean);
    env_.log->log(log_level::info, "agent stopped",
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

  /// The options of a handler that continues where the last run ended.
  handler_options resumed(const server_options& options) {
    handler_options handler = options.handler;
    handler.most_connections = options.connections_per_address;
    if (!options.state_file) {
      refused_for_ = std::chrono::ceil<std::chrono::seconds>(handler.start_lock_delay);
      return handler;
    }
    state_file_.load();
    handler.start_index = std::max(handler.start_index, state_file_.start_index());
    if (!state_file_.clean()) {
      handler.start_lock_delay = std::max(handler.start_lock_delay, options.unclean_lock_delay);
      refused_for_ = std::chrono::ceil<std::chrono::seconds>(handler.start_lock_delay);
    }
    return handler;
  }

  /// Logs what was wrong with the last stop, once.
  void log_start() {
    if (std::exchange(start_logged_, true)) return;
    if (state_file_.damaged()) {
      env_.log->log(log_level::warn, "state file invalid, replaced",
                    {{"file", state_file_.path()}, {"kept", state_file_.path() + ".bad"}});
    }
    if (refused_for_.count() == 0) return;
    // A holder from before the start may still act.
    const bool kept = state_file_.found();
    env_.log->log(kept ? log_level::warn : log_level::info, "locks refused after the start",
                  {{"seconds", static_cast<std::uint64_t>(refused_for_.count())},
                   {"why", kept ? "the last stop was not clean" : "no last stop is known"},
                   {"file", state_file_.path()}});
  }

  void tick() {
    handler_.tick(env_.timers->now());
    after_step();
  }

  void after_step() {
    save_index();
    const time_point next = handler_.next_deadline();
    if (next == time_point::max()) {
      env_.timers->disarm(timer_);
    } else if (!timer_.armed() || timer_.deadline() != next) {
      env_.timers->arm(timer_, next);
    }
  }

  /// A full disk must not stop the agent. The risk is small: a fence goes back only if the agent
  /// then crashes and the clock was set back, too.
  void save_index() noexcept {
    try {
      state_file_.reach(handler_.index());
    } catch (const std::exception& error) {
      env_.log->log(log_level::error, "state file write failed", {{"error", error.what()}});
    }
  }

  runtime::environment env_;
  std::optional<wire::server_tls> tls_;
  std::string address_;
  const duration unclean_lock_delay_;
  std::chrono::seconds refused_for_{0};
  bool start_logged_ = false;
  state_file state_file_;
  agent::handler handler_;
  wire::http_server http_;
  handler_timer timer_;
  bool stopped_ = false;
};

server::server(runtime::environment env, server_options options)
    : implementation_(std::make_unique<implementation>(std::move(env), std::move(options))) {}

server::~server() = default;

unsigned short server::listen(const std::string& address) {
  return implementation_->listen(address);
}

unsigned short server::port() const noexcept { return implementation_->http().port(); }

std::string server::address() const { return implementation_->address(); }

void server::stop() { implementation_->stop(); }

std::size_t server::connections() const noexcept { return implementation_->http().connections(); }

std::size_t server::parked() const noexcept { return implementation_->state().parked(); }

std::size_t server::sessions() const noexcept { return implementation_->state().sessions(); }

std::uint64_t server::index() const noexcept { return implementation_->state().index(); }

}  // namespace tenure::agent
