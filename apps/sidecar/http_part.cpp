#include "sidecar/http_part.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include "common/exit_codes.hpp"
#include "runtime/async_condition.hpp"
#include "sidecar/http_site.hpp"

namespace tenure::sidecar {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

/// How long clients have to read their last answers.
constexpr duration farewell = 1s;
constexpr duration farewell_look = 10ms;
/// Descriptors that are left to the rest of the process.
constexpr rlim_t own_descriptors = 256;

/// As many descriptors as we may have, and no more connections than they allow for.
http_config within_limits(http_config c, log_sink& log) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return c;
  if (limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    ::getrlimit(RLIMIT_NOFILE, &limit);
  }
  const rlim_t most = limit.rlim_cur > 2 * own_descriptors ? limit.rlim_cur - own_descriptors
                                                           : limit.rlim_cur / 2;
  if (limit.rlim_cur != RLIM_INFINITY && c.connections > most) {
    c.connections = most;
    log.log(log_level::info, "fewer connections than configured: descriptors are limited",
            {log_field("connections", std::uint64_t{most})});
  }
  return c;
}

class http_face final : public face {
 public:
  http_face(http_site& site, board_entry& entry) : site_(site), entry_(entry) {}
  void changed(const status&) override { site_.update(entry_); }

 private:
  http_site& site_;
  board_entry& entry_;
};

class http_part final : public part {
 public:
  http_part(const http_config& config, surroundings& around,
            std::shared_ptr<runtime::timers> timers)
      : timers_(std::move(timers)),
        log_(around.log),
        site_(within_limits(config, *log_), around.executor, *timers_) {
    duties main;
    main.app = true;
    main.probe = config.probe.empty();
    main.metrics = config.metrics.empty();
    for (const std::string& address : config.listen) listen(address, main);
    duties probe;
    probe.probe = true;
    probe.metrics = config.metrics == config.probe;
    if (!config.probe.empty()) listen(config.probe, probe);
    duties metrics;
    metrics.metrics = true;
    if (!config.metrics.empty() && !probe.metrics) listen(config.metrics, metrics);
    for (const std::string& address : site_.addresses()) {
      log_->log(log_level::info, "listening", {log_field("address", address)});
    }
  }

  std::shared_ptr<face> face_of(standing_election& e, const election_terms& of) override {
    return std::make_shared<http_face>(site_, site_.add(e, of));
  }

  asio::awaitable<void> run() override {
    bool ended = false;
    while (!ended) {
      try {
        co_await runtime::sleep_until(*timers_, time_point::max());
      } catch (const boost::system::system_error&) {
        ended = true;
      }
    }
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    site_.begin_to_end();
    site_.stop();
    const time_point end = timers_->now() + farewell;
    while (site_.connections() > 0 && timers_->now() < end) {
      co_await runtime::sleep_until(*timers_, timers_->now() + farewell_look);
    }
  }

 private:
  void listen(const std::string& address, duties duty) {
    constexpr std::string_view local = "localhost:";
    if (!address.starts_with(local)) return listen_at(address, duty);
    const std::string port = address.substr(local.size());
    listen_at("127.0.0.1:" + port, duty);
    try {
      if (port != "0") site_.listen("[::1]:" + port, duty);
    } catch (const boost::system::system_error& e) {
      // A machine without IPv6 is as good.
      if (e.code() == boost::system::errc::address_in_use) throw cannot_listen(e);
    }
  }
  void listen_at(const std::string& address, duties duty) {
    try {
      site_.listen(address, duty);
    } catch (const boost::system::system_error& e) {
      throw cannot_listen(e);
    }
  }
  static fatal_error cannot_listen(const boost::system::system_error& e) {
    const std::string text = e.what();
    const bool in_use = e.code() == boost::system::errc::address_in_use;
    return fatal_error(in_use ? apps::exit_unavailable : apps::exit_usage,
                       "http: " + text.substr(0, text.rfind(" [")));
  }

  std::shared_ptr<runtime::timers> timers_;
  std::shared_ptr<log_sink> log_;
  http_site site_;
};

}  // namespace

std::shared_ptr<part> make_http_part(const http_config& config, surroundings& around,
                                     std::shared_ptr<runtime::timers> timers) {
  return std::make_shared<http_part>(config, around, std::move(timers));
}

}  // namespace tenure::sidecar
