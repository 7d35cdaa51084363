#include <algorithm>
#include <cmath>
#include <tenure/outage_log.hpp>

namespace tenure {
namespace {

using namespace std::chrono_literals;

// Longer than any pause between two tries of a request that fails.
constexpr duration calm = 15s;
// What fails once in a while, such as the end of a session, has no success that would end its
// outage.
constexpr duration forgotten_after = 6h;
// A token without rights may be refused for each of thousands of keys.
constexpr std::size_t most_open = 16;

// The reason why requests fail together: one that got no answer may end as any of three errors.
error_code reason_of(const error_code& error) noexcept {
  if (error == consul_errc::timed_out || error == consul_errc::outcome_unknown) {
    return consul_errc::unreachable;
  }
  return error;
}

// Whether all requests fail for this reason, and not just those of one sort.
bool concerns_all(const error_code& reason) noexcept {
  return reason == consul_errc::unreachable || reason == consul_errc::tls_failed ||
         reason == consul_errc::throttled || reason == consul_errc::no_leader;
}

// To a tenth.
double seconds_of(duration d) {
  return std::round(std::chrono::duration<double>(d).count() * 10) / 10;
}

}  // namespace

outage_log::outage* outage_log::find(std::string_view event, const error_code& error,
                                     std::string_view detail) noexcept {
  const auto found = std::ranges::find_if(open_, [&](const outage& one) {
    return one.error == error && (concerns_all(error) || one.event == event) &&
           one.detail == detail;
  });
  return found == open_.end() ? nullptr : &*found;
}

void outage_log::failed(std::string_view event, const error_code& error, std::string_view detail,
                        std::initializer_list<log_field> fields, time_point now) {
  close_quiet(now);
  const error_code reason = reason_of(error);
  const std::string_view right = reason == consul_errc::forbidden ? detail : std::string_view();
  log_level level = log_level::debug;
  if (outage* const known = find(event, reason, right)) {
    known->last_failure = now;
    known->over.reset();
    ++known->suppressed;
  } else if (open_.size() < most_open) {
    level = log_level::warn;
    open_.push_back(outage{.error = reason,
                           .event = std::string(event),
                           .detail = std::string(right),
                           .begun = now,
                           .last_failure = now,
                           .over = std::nullopt});
  }
  if (!log_->enabled(level)) return;
  std::vector<log_field> all(fields);
  all.emplace_back("why", detail);
  log_->log(level, event, all);
}

void outage_log::note_success(std::string_view event, time_point now) {
  for (outage& one : open_) {
    if (!one.over && (concerns_all(one.error) || one.event == event)) one.over = now;
  }
  close_quiet(now);
}

void outage_log::close_quiet(time_point now) {
  std::erase_if(open_, [&](const outage& one) {
    const duration quiet = now - one.last_failure;
    if (!one.over) return quiet >= forgotten_after;
    if (quiet < calm) return false;
    report_over(one);
    return true;
  });
}

void outage_log::report_over(const outage& which) {
  log_->log(log_level::info, "requests succeed again",
            {{"after", which.event},
             {"reason", which.error.message()},
             {"seconds", seconds_of(*which.over - which.begun)},
             {"suppressed", which.suppressed}});
}

}  // namespace tenure
