// The user code of a simulated process as a member of groups.
#include <boost/system/system_error.hpp>
#include <utility>

#include "sim/process.hpp"
#include "sim/safety_checker.hpp"

namespace tenure::sim {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using boost::system::system_error;

elections& process::elections_of(std::size_t election) {
  return tenants_[context_.scenario.tenant_of(election)];
}

process::stay_ptr process::stay_of(const std::string& election) const {
  const auto of_group = context_.scenario.groups.group_of(election_number(election));
  return of_group ? stays_[*of_group] : nullptr;
}

std::optional<std::vector<group_member_status>> process::members_of(std::size_t group) const {
  if (group >= stays_.size() || !stays_[group] || !alive()) return std::nullopt;
  return stays_[group]->handle->members();
}

// -- joining and leaving -------------------------------------------------------------------------

membership process::make_membership() {
  const scenario& settings = context_.scenario;
  const group_settings& groups = settings.groups;
  membership how(member_name(slot_),
                 settings.make_candidacy(host_.name() + " is a member", spans_));
  how.settling_time(groups.settling_time)
      .moves_per_second(groups.moves_per_second)
      .hand_over_limit(groups.hand_over_limit);
  if (groups.weights) how.weight(static_cast<std::uint32_t>(context_.world.below(4)) * 100);
  return how;
}

asio::awaitable<void> process::be_member(std::size_t number) {
  elections& own = tenants_[number % tenants_.size()];
  bool first = true;
  while (!stopping_) {
    if (!first || chance_of(0.5)) co_await sleep(context_.world.between(0s, 3s));
    first = false;
    if (stopping_) co_return;
    stay_ptr in;
    try {
      in = std::make_shared<stay>(own.join(group_prefix(number), make_membership()));
    } catch (const system_error& e) {
      if (e.code() != errc::already_entered) throw;
      context_.world.probes.hit("group not yet left");
      continue;
    }
    context_.world.probes.hit("group joined");
    context_.world.note(host_.name(), "joins", group_prefix(number));
    stays_[number] = in;
    user_tasks_->spawn(follow_group(in));
    co_await live_as_member(number, in);
    if (stopping_) co_return;
    context_.world.probes.hit("group left");
    context_.world.note(host_.name(), "leaves", group_prefix(number));
    in->over = true;
    // Its candidates may wait for elections that nothing but another capacity gives to a member.
    const duration step = 100ms;
    bool calm = false;
    while (in->works > 0) {
      if (settled_ && !std::exchange(calm, true)) settle_settings(*in->handle);
      co_await sleep(step);
    }
    if (stopping_) co_return;
    stays_[number] = nullptr;
    for (std::size_t i = 0; i < entered_.size(); ++i) {
      if (context_.scenario.groups.group_of(i) == number) entered_[i] = nullptr;
    }
    // Its handle's destructor leaves in the background.
    if (chance_of(0.3)) {
      in->handle.reset();
    } else {
      co_await in->handle->leave();
    }
  }
}

asio::awaitable<void> process::live_as_member(std::size_t number, stay_ptr in) {
  const group_settings& groups = context_.scenario.groups;
  while (!stopping_ && !settled_) {
    const duration pause = context_.world.between(1s, 15s);
    co_await sleep(pause);
    if (stopping_ || settled_) break;
    if (chance_of(0.5)) change_settings(*in->handle);
    // Below the first group's prefix a report shows elections to the process, and not to its
    // candidates: the checker could not tell the difference.
    if (number != 0 && chance_of(0.3)) user_tasks_->spawn(read_group(number));
    const double seconds = std::chrono::duration<double>(groups.stays).count();
    if (groups.stays != 0s && chance_of(8 / seconds)) co_return;
  }
  if (!stopping_) settle_settings(*in->handle);
  // Until the process stops.
  const duration forever = 10s;
  while (!stopping_) co_await sleep(forever);
}

void process::change_settings(group& joined) {
  const group_settings& groups = context_.scenario.groups;
  if (groups.weights) {
    context_.world.probes.hit("weight changed");
    joined.set_weight(static_cast<std::uint32_t>(context_.world.below(4)) * 100);
  }
  if (groups.capacities) {
    context_.world.probes.hit("capacity changed");
    const auto most = static_cast<std::uint32_t>(context_.world.below(4));
    joined.set_capacity(most == 3 ? std::nullopt : std::optional<std::uint32_t>(most));
  }
}

/// For the rest of the run. The first member always takes what the others do not.
void process::settle_settings(group& joined) {
  change_settings(joined);
  if (slot_ != 0) return;
  joined.set_weight(100);
  joined.set_capacity(std::nullopt);
}

asio::awaitable<void> process::follow_group(stay_ptr in) {
  try {
    while (!over(in) && !stopping_) {
      co_await in->handle->changed();
      context_.world.probes.hit("group changed");
      if (over(in) || stopping_) co_return;
      std::size_t selves = 0;
      for (const group_member_status& each : in->handle->members()) selves += each.self ? 1 : 0;
      if (selves > 1) context_.world.report_violation("user", host_.name() + " is two members");
    }
  } catch (const system_error& e) {
    if (e.code() != errc::shut_down && e.code() != asio::error::operation_aborted) throw;
  }
}

// -- answering requests to hand over -------------------------------------------------------------

/// Sleeps, or less long if the answer is given meanwhile.
asio::awaitable<void> process::rest(std::shared_ptr<body_answer> answer, duration d) {
  if (!answer) {
    co_await sleep(d);
    co_return;
  }
  const time_point until = host_.now() + d;
  while (!answer->given && host_.now() < until) co_await answer->changed.wait(until);
}

asio::awaitable<void> process::answer_hand_over(std::shared_ptr<body_answer> answer, term t) {
  const duration limit = context_.scenario.groups.hand_over_limit;
  while (!stopping_ && t.holds()) {
    co_await t.hand_over_requested();
    if (stopping_ || !t.hand_over_wanted() || !t.holds()) co_return;
    context_.world.probes.hit("hand-over requested of a body");
    const bool looks = !settled_ && answer->manner == body_manner::at_safe_point;
    const bool ignores = !settled_ && answer->manner == body_manner::never;
    if (ignores) context_.world.probes.hit("hand-over request ignored");
    if (looks || ignores) {
      const duration pause = 2s;
      co_await sleep(pause);
      continue;
    }
    const bool late = !settled_ && answer->manner == body_manner::late;
    const duration takes = late ? context_.world.between(limit / 2, limit * 2)
                                : context_.world.between(0s, 300ms);
    co_await sleep(takes);
    if (!t.hand_over_wanted()) continue;
    answer->given = true;
    answer->changed.notify_all();
    co_return;
  }
}

// -- operators -----------------------------------------------------------------------------------

void process::operate(group_wish wish) {
  if (user_tasks_ && alive()) user_tasks_->spawn(operate_now(std::move(wish)));
}

asio::awaitable<void> process::operate_now(group_wish wish) {
  elections& with = tenants_[0];
  try {
    switch (wish.kind) {
      case group_wish::what::drain:
        co_await with.drain(wish.prefix, wish.member);
        break;
      case group_wish::what::undrain:
        co_await with.undrain(wish.prefix, wish.member);
        break;
      case group_wish::what::pin:
        co_await with.pin(wish.prefix, wish.key, wish.member);
        break;
      case group_wish::what::unpin:
        co_await with.unpin(wish.prefix, wish.key);
        break;
    }
    context_.world.probes.hit("operator's wish through a call");
  } catch (const system_error& e) {
    if (e.code() == asio::error::operation_aborted) throw;
  }
}

asio::awaitable<void> process::read_group(std::size_t number) {
  try {
    const group_report report = co_await tenants_[0].group_of(group_prefix(number));
    if (!report.members.empty()) context_.world.probes.hit("group read");
  } catch (const system_error& e) {
    if (e.code() == asio::error::operation_aborted) throw;
  }
}

}  // namespace tenure::sim
