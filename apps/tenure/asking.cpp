#include "tenure/asking.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <utility>

#include "common/json.hpp"

namespace tenure::apps {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using pause_timer = asio::basic_waitable_timer<boot_clock>;

namespace {

constexpr duration patience = 10s;  // for a Consul that does not answer yet

// Answers the question, and then leaves nothing behind. Does not throw.
asio::awaitable<void> answer(elections& all, asio::cancellation_signal& cancel,
                             std::function<asio::awaitable<int>(elections&)> question, int& code,
                             std::exception_ptr& failure) {
  auto executor = co_await asio::this_coro::executor;
  auto asked = question(all);
  try {
    const int result = co_await asio::co_spawn(
        executor, std::move(asked),
        asio::bind_cancellation_slot(cancel.slot(), asio::use_awaitable));
    code = result;
  } catch (...) {
    failure = std::current_exception();
  }
  co_await all.shut_down();
}

asio::awaitable<error_code> ping(elections& all) {
  try {
    co_await all.ping();
  } catch (const boost::system::system_error& e) {
    co_return e.code();
  }
  co_return error_code();
}

}  // namespace

std::string consul_problem(const consul_config& config, const error_code& error) {
  std::string line = error.message() + " (" + config.address() + ")";
  if (error == consul_errc::unreachable || error == consul_errc::timed_out)
    line += "; CONSUL_HTTP_ADDR or --http-addr names another";
  return line;
}

void print_line(const std::string& text) {
  if (std::puts(text.c_str()) < 0 || std::fflush(stdout) != 0) std::_Exit(exit_ok);
}

std::string to_json(const leader& who) {
  const auto or_null = [&](const std::string& s) {
    return who.present() ? json_string(s) : std::string("null");
  };
  return "{\"key\":" + json_string(who.key) + ",\"value\":" + or_null(who.value) +
         ",\"session\":" + or_null(who.session) +
         ",\"fence\":" + std::to_string(who.present() ? who.fence : 0) + "}";
}

asio::awaitable<void> reach_consul(elections& all) {
  auto executor = co_await asio::this_coro::executor;
  pause_timer timer(executor);
  const time_point end = boot_clock::now() + patience;
  for (duration pause = 100ms;; pause = std::min<duration>(pause * 2, 1s)) {
    const error_code error = co_await ping(all);
    if (!error) co_return;
    if (error == error_kind::fatal || boot_clock::now() + pause > end)
      throw boost::system::system_error(error);
    timer.expires_after(pause);
    co_await timer.async_wait(asio::use_awaitable);
  }
}

int ask_consul(const common_options& common, bool until_interrupted,
               std::function<asio::awaitable<int>(elections&)> question) {
  const consul_config config = common.consul();
  asio::io_context io{1};
  elections_options options;
  options.log = common.log();
  elections all(io.get_executor(), config, options);

  int code = exit_ok;
  int signalled = 0;
  std::exception_ptr failure;
  asio::cancellation_signal cancel;
  asio::signal_set signals(io);
  catch_signals(signals, {SIGINT, SIGTERM});
  signals.async_wait([&](const error_code& error, int number) {
    if (error) return;
    signalled = number;
    signals.clear();  // a second one ends us the plain way
    cancel.emit(asio::cancellation_type::terminal);
  });
  asio::co_spawn(io, answer(all, cancel, std::move(question), code, failure),
                 [&](std::exception_ptr) { signals.cancel(); });
  io.run();

  if (signalled != 0) return until_interrupted ? exit_ok : 128 + signalled;
  if (!failure) return code;
  try {
    std::rethrow_exception(failure);
  } catch (const boost::system::system_error& e) {
    std::fprintf(stderr, "tenure: %s\n", consul_problem(config, e.code()).c_str());
  }
  return exit_unavailable;
}

}  // namespace tenure::apps
