// What a program with the installed package may look like: leads once, and ends.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <tenure/elections.hpp>

boost::asio::awaitable<void> work(tenure::term term) {
  std::printf("leads %s\n", term.key().c_str());
  co_return;
}

boost::asio::awaitable<void> lead_once(tenure::elections& elections) {
  tenure::election one = elections.enter("packages/library", tenure::candidacy("me"));
  co_await one.lead(work);
  co_await elections.shut_down();
}

int main() {
  boost::asio::io_context io;
  tenure::elections elections(io.get_executor(), tenure::consul_config::from_environment(),
                              tenure::elections_options());
  boost::asio::co_spawn(io, lead_once(elections), boost::asio::detached);
  io.run();
}
