// What the short example of the README leaves out: the loop, and a check that it worked.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <exception>

namespace {

boost::asio::awaitable<void> run(tenure::elections& elections) {
  co_await take_part(elections);
  co_await elections.shut_down();
  std::puts("took part");
}

}  // namespace

int main() {
  boost::asio::io_context io(1);
  tenure::elections elections(io.get_executor(), tenure::consul_config::from_environment());
  int result = 0;
  boost::asio::co_spawn(io, run(elections),
                        [&](std::exception_ptr error) { result = error ? 1 : 0; });
  io.run();
  return result;
}
