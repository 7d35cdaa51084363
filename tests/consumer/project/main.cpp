// A program outside tenure's tree: enters an election on the Consul of CONSUL_HTTP_ADDR, leads it
// once, and leaves. What the library throws is caught here by its type, the shared library's too.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <tenure.hpp>

namespace asio = boost::asio;

void require(bool good, const char* what) {
  if (!good) throw std::logic_error(what);
}

asio::awaitable<void> work(tenure::term term) {
  if (term.holds() && term.fence() > 0) std::puts("led consumer/leader");
  co_return;
}

asio::awaitable<void> take_part(asio::io_context& io, tenure::elections& elections) {
  tenure::election election = elections.enter("consumer/leader", tenure::candidacy("consumer"));
  tenure::end_reason reason = co_await election.lead(work);
  std::printf("ended: %s\n", std::string(tenure::to_string(reason)).c_str());
  // The library resumed this coroutine: program and library share Asio's stack of executors.
  require(io.get_executor().running_in_this_thread(), "the coroutine is outside of the io_context");
  co_await elections.async_ping(asio::use_awaitable);
  co_await election.leave();
  co_await elections.shut_down();

  bool refused = false;
  try {
    tenure::event next = co_await elections.next_event();
    std::printf("%s\n", next.key.c_str());
  } catch (const boost::system::system_error& error) {
    refused = error.code() == tenure::errc::shut_down;
  }
  require(refused, "an event after the shut-down");
}

void catch_bad_configuration() {
  bool refused = false;
  try {
    tenure::consul_config config("ftp://consul:8501");
  } catch (const tenure::bad_configuration& error) {
    refused = error.code() == tenure::error_kind::fatal && *error.what() != '\0';
  }
  require(refused, "ftp:// was accepted");
}

int main() {
  catch_bad_configuration();
  asio::io_context io(1);
  tenure::elections elections(io.get_executor(), tenure::consul_config::from_environment());
  int result = 1;
  asio::co_spawn(io, take_part(io, elections), [&](std::exception_ptr error) {
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
