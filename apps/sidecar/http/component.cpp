#include "sidecar/http/component.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <map>
#include <tenure/toolkit/async_condition.hpp>
#include <tenure/toolkit/task_scope.hpp>
#include <utility>

#include "command/descriptor_limit.hpp"
#include "common/exit_codes.hpp"
#include "common/http/protection.hpp"
#include "sidecar/http/api.hpp"
#include "sidecar/reconcile/socket_keeper.hpp"

namespace tenure::sidecar {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

/// At the end: for clients to read their last responses.
constexpr duration drain_timeout = 1s;
constexpr duration drain_interval = 10ms;
/// Between two states of the groups on the status page.
constexpr duration group_interval = 200ms;
/// Descriptors reserved for the rest of the process.
constexpr rlim_t reserved_descriptors = 256;

/// Raises the limit of descriptors, and lowers the limit of connections to fit it.
http_config within_limits(http_config c, log_sink& log) {
  command::raise_descriptor_limit();
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return c;
  const rlim_t most = limit.rlim_cur > 2 * reserved_descriptors
                          ? limit.rlim_cur - reserved_descriptors
                          : limit.rlim_cur / 2;
  if (limit.rlim_cur != RLIM_INFINITY && c.connections > most) {
    log.log(log_level::info, "connection limit lowered",
            {log_field("from", std::uint64_t{c.connections}), log_field("to", std::uint64_t{most}),
             log_field("descriptors", std::uint64_t{limit.rlim_cur})});
    c.connections = most;
  }
  return c;
}

class http_output final : public output {
 public:
  http_output(http_api& api, election_status& status) : api_(api), status_(status) {}
  void changed(const election_state&) override { api_.update(status_); }

 private:
  http_api& api_;
  election_status& status_;
};

class http_component final : public component {
 public:
  http_component(const http_config& config, context& with, std::shared_ptr<runtime::timers> timers)
      : timers_(std::move(timers)),
        log_(with.log),
        groups_(with.groups),
        api_(within_limits(config, *log_), with.executor, *timers_, with.metrics,
             with.environment(), groups_, log_),
        keeper_(with.environment()),
        followers_(with.executor, *timers_, [](std::exception_ptr) {}) {
    const endpoints main{.elections = true,
                         .probes = config.probe.empty(),
                         .metrics = config.metrics.empty()};
    for (const std::string& address : config.listen) listen(address, main);
    const endpoints probes{.probes = true, .metrics = config.metrics == config.probe};
    if (!config.probe.empty()) listen(config.probe, probes);
    const endpoints metrics{.metrics = true};
    if (!config.metrics.empty() && !probes.metrics) listen(config.metrics, metrics);
    for (const std::string& address : api_.addresses()) {
      log_->log(log_level::info, "listening", {log_field("address", address)});
    }
  }

  std::shared_ptr<output> make_output(entered_election& election,
                                      const election_options& options) override {
    if (options.group) follow_group(options.group->prefix);
    return std::make_shared<http_output>(api_, api_.add(election, options));
  }
  void remove(const std::string& name) override { api_.remove(name); }

  void ending() override { api_.set_not_ready(); }

  asio::awaitable<void> run() override {
    try {
      for (;;) {
        co_await runtime::sleep_until(*timers_, timers_->now() + socket_keeper::interval);
        keep_sockets();
      }
    } catch (const boost::system::system_error&) {
    }
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    followers_.cancel();
    co_await followers_.join();
    api_.stop();
    const time_point end = timers_->now() + drain_timeout;
    while (api_.connections() > 0 && timers_->now() < end) {
      co_await runtime::sleep_until(*timers_, timers_->now() + drain_interval);
    }
  }

 private:
  void follow_group(const std::string& prefix) {
    std::weak_ptr<group>& followed = followed_[prefix];
    const auto joined = groups_.find(prefix);
    if (followed.lock() == joined) return;
    followed = joined;
    followers_.spawn(follow(joined));
  }
  // Until the group is left.
  asio::awaitable<void> follow(std::shared_ptr<group> g) {
    for (;;) {
      co_await g->changed();
      api_.update_groups();
      co_await runtime::sleep_until(*timers_, timers_->now() + group_interval);
    }
  }

  void keep_sockets() {
    std::vector<std::string> lost;
    for (const auto& l : api_.listeners()) {
      for (std::string& address : l->server().lost_sockets()) lost.push_back(std::move(address));
    }
    keeper_.keep(lost, [this](const std::string& address) {
      for (const auto& l : api_.listeners()) {
        const auto of_server = l->server().lost_sockets();
        if (std::ranges::find(of_server, address) != of_server.end()) l->server().listen(address);
      }
    });
  }

  /// `localhost` is both 127.0.0.1 and ::1.
  void listen(const std::string& address, endpoints served) {
    const std::size_t host = address.find("localhost:");
    const std::string scheme = address.starts_with("https://") ? "https://" : "";
    if (host != scheme.size()) return listen_at(address, served);
    const std::string port = address.substr(address.rfind(':') + 1);
    listen_at(scheme + "127.0.0.1:" + port, served);
    try {
      if (port != "0") api_.listen(scheme + "[::1]:" + port, served);
    } catch (const boost::system::system_error& e) {
      // Other errors mean a host without IPv6, which needs no ::1.
      if (e.code() == boost::system::errc::address_in_use) throw cannot_listen(e);
    }
  }
  void listen_at(const std::string& address, endpoints served) {
    try {
      api_.listen(address, served);
    } catch (const boost::system::system_error& e) {
      throw cannot_listen(e);
    }
  }
  static fatal_error cannot_listen(const boost::system::system_error& e) {
    const std::string text = e.what();
    return fatal_error(apps::exit_code_of_listening(e.code()),
                       "http: " + text.substr(0, text.rfind(" [")));
  }

  std::shared_ptr<runtime::timers> timers_;
  std::shared_ptr<log_sink> log_;
  joined_groups& groups_;
  http_api api_;
  socket_keeper keeper_;
  runtime::task_scope followers_;
  std::map<std::string, std::weak_ptr<group>> followed_;  // by prefix
};

}  // namespace

std::shared_ptr<component> make_http_component(const http_config& config, context& with,
                                               std::shared_ptr<runtime::timers> timers) {
  try {
    return std::make_shared<http_component>(config, with, std::move(timers));
  } catch (const bad_configuration& e) {
    throw fatal_error(apps::exit_usage, std::string("http: ") + e.what());
  }
}

}  // namespace tenure::sidecar
