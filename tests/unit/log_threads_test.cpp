// Threads share the log.
#include <tenure/spdlog_sink.hpp>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "support/captured_stderr.hpp"

namespace {

using namespace tenure;

TEST_CASE("eight threads write whole lines and lose none") {
  constexpr int threads = 8;
  constexpr int lines_each = 500;
  test::captured_stderr captured;
  {
    const auto log = stderr_log(log_level::info);
    std::vector<std::jthread> writers;
    for (int t = 0; t < threads; ++t)
      writers.emplace_back([&log, t] {
        for (int i = 0; i < lines_each; ++i)
          if (log->enabled(log_level::info))
            log->log(log_level::info, "line",
                     {{"thread", static_cast<std::uint64_t>(t)},
                      {"number", static_cast<std::uint64_t>(i)},
                      {"text", std::string(100, 'x')}});
      });
  }
  std::istringstream lines(captured.text());
  std::vector<int> next(threads, 0);
  int seen = 0;
  for (std::string line; std::getline(lines, line); ++seen) {
    const auto at = line.find(" info line thread=");
    REQUIRE(at != std::string::npos);
    const auto thread = static_cast<std::size_t>(line[at + 18] - '0');
    REQUIRE(thread < next.size());
    // Each thread's own lines come in order and whole.
    const std::string expected = " info line thread=" + std::to_string(thread) +
                                 " number=" + std::to_string(next[thread]++) + " text=" +
                                 std::string(100, 'x');
    REQUIRE(line.substr(at) == expected);
  }
  CHECK(seen == threads * lines_each);
}

}  // namespace
