// A program outside tenure's tree: enters an election on the Consul of CONSUL_HTTP_ADDR, leads it
// once, and leaves.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <exception>
#include <tenure/elections.hpp>

namespace asio = boost::asio;

asio::awaitable<void> work(tenure::term term) {
  if (term.holds() && term.fence() > 0) std::puts("led consumer/leader");
  co_return;
}

asio::awaitable<void> take_part(tenure::elections& elections) {
  tenure::election election = elections.enter("consumer/leader", tenure::candidacy("consumer"));
  tenure::end_reason reason = co_await election.lead(work);
  std::printf("ended: %s\n", std::string(tenure::to_string(reason)).c_str());
  co_await election.leave();
  co_await elections.shut_down();
}

int main() {
  asio::io_context io(1);
  tenure::elections elections(io.get_executor(), tenure::consul_config::from_environment());
  int result = 1;
  asio::co_spawn(io, take_part(elections), [&](std::exception_ptr error) {
    try {
      if (error) std::rethrow_exception(error);
      result = 0;
    } catch (const std::exception& e) {
      std::fprintf(stderr, "consumer: %s\n", e.what());
    }
  });
  io.run();
  return result;
}
