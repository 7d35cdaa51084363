// A candidate whose session deletes its key: takeover_probe KEY VALUE. Writes "begin VALUE TIME"
// and "end VALUE TIME" when its term begins and ends.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <string>
#include <tenure/elections.hpp>

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

void say(const char* what, const std::string& value) {
  const auto now = tenure::boot_clock::now().time_since_epoch();
  std::printf("%s %s %.6f\n", what, value.c_str(), std::chrono::duration<double>(now).count());
}

asio::awaitable<void> stand(tenure::elections& elections, std::string key, std::string value) {
  tenure::candidacy how(value);
  how.span(4s).ttl(10s).behavior(tenure::session_behavior::remove);
  tenure::election entered = elections.enter(key, how);
  tenure::term held = co_await entered.campaign();
  say("begin", value);
  const tenure::end_reason why = co_await held.ended();
  static_cast<void>(why);
  say("end", value);
  co_await held.resign();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 64;
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  asio::io_context io(1);
  tenure::elections elections(io.get_executor(), tenure::consul_config::from_environment());
  asio::co_spawn(io, stand(elections, argv[1], argv[2]), asio::detached);
  asio::signal_set signals(io, SIGTERM);
  signals.async_wait([&](const boost::system::error_code&, int) {
    asio::co_spawn(io, elections.shut_down(), asio::detached);
  });
  io.run();
  return 0;
}
