// How the runner takes part in a group.
#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <string>
#include <tenure/toolkit/no_throw.hpp>
#include <vector>

#include "tenure/run/runner.hpp"

namespace tenure::apps {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr duration look_again = 250ms;

}  // namespace

// Without rights for the keys of the group a campaign waits for ever. They show at the start.
asio::awaitable<void> runner::check_group_rights() {
  const time_point end = boot_clock::now() + first_contact;
  while (waiting_ && boot_clock::now() < end) {
    group_timer_.expires_after(look_again);
    co_await group_timer_.async_wait(no_throw);
    if (!waiting_ || group_->last_error() != error_kind::fatal) continue;
    group_refused_ = true;
    cancel_waiting();
    co_return;
  }
}

// Why this member leads nothing, or nothing more, whatever key is free; empty: it may.
std::string runner::group_obstacle() const {
  const std::vector<group_member_status> members = group_->members();
  const auto self = std::ranges::find_if(members, &group_member_status::self);
  const std::string name = "the member " + options_.group->how.name() + " of " + group_->prefix();
  if (self == members.end()) return name + " has not joined the group yet";
  if (self->draining) {
    return name + " is drained and leads nothing: tenure undrain " + group_->prefix() + ' ' +
           options_.group->how.name();
  }
  if (self->weight == 0) return name + " has the weight 0 and leads nothing";
  if (self->capacity && self->leads >= *self->capacity) {
    return name + " has the capacity " + std::to_string(*self->capacity) +
           (self->leads == 0 ? " and leads nothing" : " and leads as many elections already");
  }
  return "";
}

// The plan of the group wants another member to lead: the command is stopped as at the end of a
// term.
asio::awaitable<void> runner::follow_hand_over(term t) {
  try {
    co_await t.hand_over_requested();
  } catch (const boost::system::system_error&) {
    co_return;
  }
  if (!t.hand_over_wanted() || !commands_ || commands_->running() == 0) co_return;
  hand_over_ = true;
  commands_->stop();
}

// Before the last resign(): so another member of the group gets the key by a hand-over. Returns
// when the group asks the term to stop.
asio::awaitable<void> runner::leave_group(term t) {
  asio::co_spawn(io_, group_->leave(), asio::detached);
  co_await t.stop_requested();
}

}  // namespace tenure::apps
