// For each line of standard input, "COUNT<tab>FROM<tab>SCHEDULE", the next COUNT moments after FROM
// in UTC, as seconds since 1970; or why the schedule is refused.
#include <cstdio>
#include <iostream>
#include <string>

#include "tenure-cron/schedule/schedule.hpp"

int main() {
  using namespace tenure::cron;
  for (std::string line; std::getline(std::cin, line);) {
    const std::size_t first = line.find('\t');
    const std::size_t second = line.find('\t', first + 1);
    try {
      const schedule parsed = schedule::parse(line.substr(second + 1));
      sys_seconds t{std::chrono::seconds(std::stoll(line.substr(first + 1)))};
      for (int left = std::stoi(line); left > 0; --left) {
        t = parsed.next_after(t, utc_zone());
        std::printf("%lld ", static_cast<long long>(t.time_since_epoch().count()));
      }
      std::puts("");
    } catch (const bad_schedule& e) {
      std::printf("refused: %s\n", e.what());
    }
  }
}
