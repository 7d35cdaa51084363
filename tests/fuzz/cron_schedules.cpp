// The schedule of a job, with and without the zone that it names.
#include <chrono>
#include <string>

#include "target.hpp"
#include "tenure-cron/schedule/schedule.hpp"
#include "tenure-cron/schedule/time_zones.hpp"

namespace {

using namespace tenure::cron;
using namespace std::chrono_literals;
using tenure::fuzz::require;

/// Clocks that are put forward and back, as in Berlin in 2024.
class shifting_zone final : public zone {
 public:
  offset_range at(sys_seconds t) const override {
    const sys_seconds summer = std::chrono::sys_days(2024y / 3 / 31) + 1h;
    const sys_seconds winter = std::chrono::sys_days(2024y / 10 / 27) + 1h;
    if (t < summer) return {first_moment, summer, 1h};
    if (t < winter) return {summer, winter, 2h};
    return {winter, last_moment, 1h};
  }
};

void follow(const schedule& read, const zone& where) {
  sys_seconds last = std::chrono::sys_days(2024y / 3 / 30);
  const sys_seconds begin = last;
  for (int i = 0; i < 5; ++i) {
    const sys_seconds next = read.next_after(last, where);
    require(next > last, "it is due later than the time before");
    if (next == sys_seconds::max()) return;
    const auto found = read.last_in(last, next, where);
    require(found && *found == next, "the next moment is the last up to itself");
    last = next;
  }
  if (last - begin < 48h)
    require(read.count_in(begin, last, where) == 5, "as many as were shown one by one");
}

// The first and the last moment that a number can say.
void go_far(const schedule& read, const zone& where) {
  const sys_seconds least = sys_seconds::min();
  const sys_seconds most = sys_seconds::max();
  require(read.next_after(most, where) == most, "nothing is due after the end of time");
  const auto last = read.last_in(least, most, where);
  require(!last || *last <= last_moment, "nothing is due after the year 9999");
  require((read.count_in(least, most, where) > 0) == last.has_value(),
          "a last one is one at least");
}

void parse(std::string_view input) {
  const unsigned choice = tenure::fuzz::take_choice(input, 2);
  const std::string_view name = input.substr(0, input.find('\0'));
  const std::string_view text = input.substr(std::min(name.size() + 1, input.size()));
  try {
    const schedule read = choice == 0 ? schedule::parse(text, name) : schedule::at(text);
    static const shifting_zone berlin;
    follow(read, utc_zone());
    follow(read, berlin);
    go_far(read, utc_zone());
    go_far(read, berlin);
  } catch (const bad_schedule& refused) {
    require(refused.what()[0] != '\0', "a refusal says why");
  }
}

const tenure::fuzz::target it("cron_schedules", parse);

}  // namespace
