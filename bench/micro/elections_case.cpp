#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <tenure/elections.hpp>
#include <tenure/sharded_key.hpp>
#include <utility>
#include <vector>

#include "election/participant/participant.hpp"
#include "micro.hpp"
#include "testing/simulated_process.hpp"

namespace micro {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t election_count = 1000;

std::string key(std::size_t i) { return tenure::sharded_key("micro", std::to_string(i)); }

std::size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t all = 0;
  std::size_t resident = 0;
  statm >> all >> resident;
  if (!statm) std::abort();
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

asio::awaitable<void> count_leading(tenure::elections& all, std::size_t& leading) {
  while (leading < election_count) {
    const tenure::event change = co_await all.next_event();
    if (change.standing == tenure::standing::leading) ++leading;
  }
}

asio::awaitable<void> resign(std::vector<tenure::election>& entered) {
  for (tenure::election& e : entered) {
    tenure::term t = e.current();
    co_await t.resign();
  }
}

}  // namespace

void elections(std::size_t times, std::shared_ptr<tenure::metrics_sink> metrics) {
  for (std::size_t round = 0; round < times; ++round) {
    tenure::testing::manual_runtime runtime;
    tenure::testing::in_process_agent agent(runtime);
    tenure::consul_config config;
    config.connections(80);
    tenure::testing::simulated_process process(runtime, runtime.main_loop(), agent,
                                               tenure::elections_options().metrics(metrics),
                                               std::move(config));
    tenure::elections& all = *process.elections;
    std::vector<tenure::election> entered;
    for (std::size_t i = 0; i < election_count; ++i) {
      entered.push_back(all.enter(key(i), tenure::candidacy("host-1.example:8080")));
      entered.back().stand();
    }
    std::size_t leading = 0;
    runtime.run(count_leading(all, leading));
    runtime.advance(60s);
    for (tenure::election& e : entered) e.withdraw();
    runtime.run(resign(entered));
    runtime.run(all.shut_down());
  }
}

void election_memory() {
  constexpr std::size_t n = 10'000;
  asio::io_context io(1);
  tenure::elections all(io.get_executor(), tenure::consul_config());
  std::vector<tenure::election> entered;
  entered.reserve(n);
  const std::size_t before = resident_bytes();
  for (std::size_t i = 0; i < n; ++i) {
    entered.push_back(all.enter(key(i), tenure::candidacy("host-1.example:8080")));
  }
  const std::size_t after = resident_bytes();
  report("record_size", "B", static_cast<double>(sizeof(tenure::impl::participant)));
  report("memory_when_entered", "B", static_cast<double>(after - before) / n);
  std::fflush(nullptr);
  std::_Exit(0);  // the io_context never runs, so the elections cannot shut down
}

}  // namespace micro
