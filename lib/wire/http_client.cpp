#include "wire/http_client.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include "text/host_port.hpp"
#include "wire/connection.hpp"
#include "wire/endpoints.hpp"
#include "wire/lane_pool.hpp"
#include "wire/tls_client.hpp"

namespace tenure::wire {

namespace asio = boost::asio;

namespace {

constexpr duration connect_timeout = std::chrono::seconds(3);

// The Host header: the host and the port as a URL has them.
std::string host_header(const consul_config& config) {
  if (!config.unix_path().empty()) return "localhost";
  return text::join_host_port(config.host(), config.port());
}

}  // namespace

lane_limits lane_limits::divide(std::size_t budget) noexcept {
  const std::size_t renewals = std::clamp<std::size_t>(budget / 10, 1, 4);
  const std::size_t requests = std::clamp<std::size_t>(budget / 5, 1, 10);
  const std::size_t taken = renewals + requests;
  return {renewals, requests, budget > taken ? budget - taken : 1};
}

class http_client::state {
 public:
  state(asio::any_io_executor its_executor, std::shared_ptr<runtime::timers> its_timers,
        const consul_config& config, lane_limits limits, std::shared_ptr<log_sink> log)
      : executor(std::move(its_executor)),
        timers(std::move(its_timers)),
        host(host_header(config)),
        tls(config.tls() ? std::make_unique<tls_client>(config, std::move(log)) : nullptr),
        server(executor, *timers, config),
        pools{lane_pool(*timers, limits.renewals), lane_pool(*timers, limits.requests),
              lane_pool(*timers, limits.polls)} {}

  lane_pool& pool(runtime::lane where) noexcept { return pools[static_cast<std::size_t>(where)]; }

  asio::awaitable<error_code> dial(connection& fresh, time_point deadline, std::string& detail);
  void keep(runtime::lane where, std::unique_ptr<connection> used);
  void close_outdated();

  asio::any_io_executor executor;
  std::shared_ptr<runtime::timers> timers;
  std::string host;
  std::unique_ptr<tls_client> tls;  // null: plain
  std::shared_ptr<tls_profile> newest_proven;
  endpoints server;
  response_limits limits;
  std::array<lane_pool, 3> pools;  // by lane
};

// Tries the addresses of the server in turn; each gets an equal share of the time that remains.
asio::awaitable<error_code> http_client::state::dial(connection& fresh, time_point deadline,
                                                     std::string& detail) {
  const time_point give_up = std::min(deadline, timers->now() + connect_timeout);
  std::vector<endpoint> found;
  error_code failed = co_await server.find(found, give_up);
  for (std::size_t i = 0; i < found.size(); ++i) {
    const time_point now = timers->now();
    const auto remaining = static_cast<duration::rep>(found.size() - i);
    const time_point share = now + std::max(give_up - now, duration::zero()) / remaining;
    detail.clear();
    std::shared_ptr<tls_profile> profile = tls ? tls->profile() : nullptr;
    const error_code refused =
        co_await fresh.connect(found[i], std::move(profile), share, detail);
    failed = refused;
    if (refused) continue;
    server.worked(found[i]);
    co_return error_code();
  }
  if (!found.empty()) server.failed();
  if (timers->now() >= deadline) failed = consul_errc::timed_out;
  co_return failed;
}

void http_client::state::keep(runtime::lane where, std::unique_ptr<connection> used) {
  const bool vital = where == runtime::lane::renewals;
  const bool retired = tls && tls->retire(*used->profile(), vital, timers->now());
  if (!retired) pool(where).keep(std::move(used));
  if (tls) close_outdated();
}

// Once a connection has worked with the new files. Those in use follow when they become idle.
void http_client::state::close_outdated() {
  const std::shared_ptr<tls_profile> proven = tls->proven_profile();
  if (proven == nullptr || proven == newest_proven) return;
  newest_proven = proven;
  for (lane_pool& lane : pools) lane.close_idle_except(*proven);
}

http_client::http_client(asio::any_io_executor executor, std::shared_ptr<runtime::timers> timers,
                         const consul_config& config, lane_limits limits,
                         std::shared_ptr<log_sink> log)
    : state_(std::make_unique<state>(std::move(executor), std::move(timers), config, limits,
                                     std::move(log))) {}

http_client::~http_client() = default;

asio::awaitable<runtime::exchange_result> http_client::exchange(runtime::lane where,
                                                                runtime::http_request request,
                                                                time_point deadline,
                                                                runtime::on_stale when_stale) {
  state& all = *state_;
  lane_pool& lane = all.pool(where);
  runtime::exchange_result result;
  result.error = consul_errc::timed_out;
  try {
    const bool acquired = co_await lane.acquire(deadline);
    if (!acquired) co_return result;
    const lane_pool::slot held(lane);
    if (all.timers->now() >= deadline) co_return result;  // too late to begin

    auto link = lane.take_idle();
    if (link != nullptr) {
      co_await link->exchange(request, all.host, all.limits, deadline, result);
      // The server had closed the kept connection: try again on a new one where that is harmless.
      const bool stale = result.error && result.error != asio::error::operation_aborted &&
                         link->closed_unanswered();
      if (!stale || !(when_stale == runtime::on_stale::resend || link->unsent())) {
        all.keep(where, std::move(link));
        co_return result;
      }
    }
    link = std::make_unique<connection>(all.executor, *all.timers);
    const error_code not_connected = co_await all.dial(*link, deadline, result.detail);
    result.error = not_connected;
    if (!not_connected) {
      co_await link->exchange(request, all.host, all.limits, deadline, result);
      all.keep(where, std::move(link));
    }
    if (result.error == consul_errc::tls_failed) all.tls->suspect();
  } catch (const boost::system::system_error& error) {
    result.error = error.code();  // cancelled
  }
  co_return result;
}

std::size_t http_client::connections(runtime::lane where) const noexcept {
  const lane_pool& pool = state_->pool(where);
  return pool.in_use() + pool.idle();
}

std::size_t http_client::idle(runtime::lane where) const noexcept {
  return state_->pool(where).idle();
}

std::shared_ptr<const runtime::environment> make_system_environment(asio::any_io_executor executor,
                                                               const consul_config& config,
                                                               std::shared_ptr<log_sink> log) {
  auto all = std::make_shared<runtime::environment>();
  all->executor = executor;
  all->clock = runtime::system_boot_clock();
  all->timers = runtime::system_timers(executor);
  all->random = runtime::system_random();
  all->log = log ? std::move(log) : silent_log();
  all->transport = std::make_shared<http_client>(executor, all->timers, config,
                                                 lane_limits::divide(config.connections()),
                                                 all->log);
  return all;
}

}  // namespace tenure::wire
