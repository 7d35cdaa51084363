#include "common/with_elections.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <optional>
#include <utility>

#include "common/log/line_writer.hpp"
#include "common/refusal_filter.hpp"

namespace tenure::apps {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using pause_timer = asio::basic_waitable_timer<boot_clock>;
using elections_task = std::function<asio::awaitable<int>(elections&)>;

namespace {

constexpr duration patience = 10s;  // for a Consul that does not answer yet

class task_result {
 public:
  int code = exit_ok;
  std::exception_ptr failure;
};

// Runs the task, then shuts the elections down. Does not throw.
asio::awaitable<void> run_task(elections& all, asio::cancellation_signal& cancel,
                               elections_task task, task_result& result) {
  auto executor = co_await asio::this_coro::executor;
  auto running = task(all);
  try {
    const int code = co_await asio::co_spawn(
        executor, std::move(running),
        asio::bind_cancellation_slot(cancel.slot(), asio::use_awaitable));
    result.code = code;
  } catch (...) {
    result.failure = std::current_exception();
  }
  co_await all.shut_down();
}

using failure = std::optional<boost::system::system_error>;

asio::awaitable<failure> ping(elections& all) {
  try {
    co_await all.ping();
  } catch (const boost::system::system_error& e) {
    co_return failure(e);
  }
  co_return std::nullopt;
}

}  // namespace

asio::awaitable<void> wait_for_consul(elections& all) {
  auto executor = co_await asio::this_coro::executor;
  pause_timer timer(executor);
  const time_point end = boot_clock::now() + patience;
  for (duration pause = 100ms;; pause = std::min<duration>(pause * 2, 1s)) {
    const failure failed = co_await ping(all);
    if (!failed) co_return;
    const error_code error = failed->code();
    const bool hopeless = error == error_kind::fatal || error == consul_errc::tls_failed;
    if (hopeless || boot_clock::now() + pause > end) throw *failed;
    timer.expires_after(pause);
    co_await timer.async_wait(asio::use_awaitable);
  }
}

int with_elections(const common_options& common, elections_options options,
                   on_interrupt after_signal, const std::string& policy, elections_task task,
                   missing_rights where) {
  const consul_config config = common.consul();
  asio::io_context io{1};
  const auto log = std::make_shared<refusal_filter>(common.log());
  if (where == missing_rights::in_log) {
    log->drop(false);
    log->connected();
  }
  options.log(log);
  elections all(io.get_executor(), config, options);

  int signalled = 0;
  task_result result;
  asio::cancellation_signal cancel;
  asio::signal_set signals(io);
  catch_signals(signals, {SIGINT, SIGTERM, SIGHUP});
  signals.async_wait([&](const error_code& error, int number) {
    if (error) return;
    signalled = number;
    signals.clear();  // a second signal has its default action: it ends the process
    cancel.emit(asio::cancellation_type::terminal);
  });
  asio::co_spawn(io, run_task(all, cancel, std::move(task), result),
                 [&](std::exception_ptr) { signals.cancel(); });
  io.run();

  if (signalled != 0) return after_signal == on_interrupt::exit_ok ? exit_ok : 128 + signalled;
  if (!result.failure) return result.code;
  try {
    std::rethrow_exception(result.failure);
  } catch (const bad_configuration&) {
    throw;
  } catch (const boost::system::system_error& e) {
    throw unavailable(consul_error_text(config, e, policy));
  }
}

}  // namespace tenure::apps
