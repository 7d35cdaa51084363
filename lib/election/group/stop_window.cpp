#include "election/group/stop_window.hpp"

#include <algorithm>

#include "election/participant/participant.hpp"

namespace tenure::impl {
namespace {

using namespace std::chrono_literals;

// Three transactions of 64 operations, with the notices to those who get the keys.
constexpr std::size_t size = 60;
constexpr duration most_for_body = 20ms;
constexpr duration most_for_key = 100ms;

}  // namespace

time_point stop_window::counts_until(const entry& one) noexcept {
  const core::stage now = one.who->stage();
  if (now != core::stage::stopping && now != core::stage::over) return time_point::min();
  return one.at + (one.who->working() ? most_for_body : most_for_key);
}

std::size_t stop_window::room(time_point now) {
  std::erase_if(open_, [now](const entry& one) { return counts_until(one) <= now; });
  return size - std::min(size, open_.size());
}

void stop_window::stopped(participant& who, time_point now) { open_.push_back({&who, now}); }

void stop_window::forget(participant& who) {
  std::erase_if(open_, [&who](const entry& one) { return one.who == &who; });
}

time_point stop_window::next() const noexcept {
  time_point first = time_point::max();
  for (const entry& one : open_) first = std::min(first, counts_until(one));
  return first;
}

}  // namespace tenure::impl
