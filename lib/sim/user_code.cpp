// The user code of a simulated process.
#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

#include "sim/process.hpp"
#include "sim/safety_checker.hpp"

namespace tenure::sim {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using boost::system::system_error;

asio::awaitable<void> process::sleep(duration d) {
  return runtime::sleep_until(host_, host_.now() + d);
}

// -- cancelling ----------------------------------------------------------------------------------

asio::awaitable<void> process::cancel_at(std::shared_ptr<canceller> s, time_point at) {
  co_await runtime::sleep_until(host_, at);
  (*s)();
}

asio::awaitable<void> process::run_for(duration limit, awaitable<void> task) {
  const auto s = std::make_shared<canceller>();
  const auto place = cancellers_.insert(cancellers_.end(), s);
  if (limit != duration::max()) user_tasks_->spawn(cancel_at(s, host_.now() + limit));
  std::exception_ptr thrown;
  try {
    co_await asio::co_spawn(env_->executor, std::move(task),
                            asio::bind_cancellation_slot(s->signal.slot(), asio::use_awaitable));
  } catch (const system_error& e) {
    if (!ended_by_others(e)) thrown = std::current_exception();
  }
  s->over = true;
  cancellers_.erase(place);
  if (thrown) std::rethrow_exception(thrown);
}

// -- taking part ---------------------------------------------------------------------------------

// Nothing while the election of the last stay has not ended yet.
std::optional<election> process::enter(std::size_t number, const stay_ptr& in) {
  try {
    if (in) return in->handle->enter(election_key(number));
    const std::string value = host_.name() + " stands for " + std::to_string(number);
    return elections_of(number).enter(election_key(number),
                                      context_.scenario.make_candidacy(value, spans_));
  } catch (const system_error& e) {
    if (e.code() != errc::already_entered) throw;
    context_.world.probes.hit("election not yet left");
    return std::nullopt;
  }
}

asio::awaitable<void> process::take_part(std::size_t number) {
  const std::string key = election_key(number);
  bool first = true;
  while (!stopping_) {
    if (!first || chance_of(0.5)) co_await sleep(context_.world.between(0s, 3s));
    if (stopping_) co_return;
    first = false;
    const auto of_group = context_.scenario.groups.group_of(number);
    const stay_ptr in = of_group ? stays_[*of_group] : nullptr;
    if (of_group && (!in || in->over)) continue;  // the process is no member now
    context_.checker.election_entered(number_, key);
    std::optional<election> entered = enter(number, in);
    if (!entered) continue;
    election& e = *entered;
    entered_[number] = &e;
    const std::uint64_t style = context_.world.below(4);
    if (style < 2) {
      co_await lead_repeatedly(e, in);
    } else if (style == 2) {
      co_await campaign_repeatedly(e, in);
    } else {
      co_await stand_by_events(e, in);
    }
    entered_[number] = nullptr;
    if (stopping_) co_return;
    // The election is left with the group, and by the handle. Work stops before that.
    const duration step = 50ms;
    while (over(in) && in->works > 0) co_await sleep(step);
    if (over(in)) continue;
    context_.world.probes.hit("election left and entered again");
    co_await e.leave();
  }
}

asio::awaitable<void> process::lead_repeatedly(election& e, stay_ptr in) {
  bool again = true;
  while (again && !stopping_ && !over(in)) {
    const duration limit =
        settled_ || chance_of(0.6) ? duration::max() : context_.world.between(0s, 20s);
    co_await run_for(limit, lead_once(e));
    again = settled_ || chance_of(0.8);
    if (!stopping_) co_await sleep(context_.world.between(1ms, 500ms));
  }
}

asio::awaitable<void> process::lead_once(election& e) {
  auto body = [self = shared_from_this()](term t) { return self->work(std::move(t)); };
  try {
    co_await e.lead(std::move(body));
  } catch (const system_error& error) {
    if (error.code() == asio::error::operation_aborted) {
      context_.world.probes.hit("lead cancelled");
    } else if (error.code() != errc::shut_down) {
      throw;
    }
  }
}

asio::awaitable<void> process::campaign_repeatedly(election& e, stay_ptr in) {
  bool again = true;
  while (again && !stopping_ && !over(in)) {
    const duration limit =
        settled_ || chance_of(0.6) ? duration::max() : context_.world.between(0s, 20s);
    co_await run_for(limit, campaign_once(e));
    again = settled_ || chance_of(0.8);
    if (!stopping_) co_await sleep(context_.world.between(1ms, 500ms));
  }
}

asio::awaitable<void> process::campaign_once(election& e) {
  term won;
  try {
    term t = co_await e.campaign();
    won = std::move(t);
  } catch (const system_error& error) {
    if (!ended_by_others(error)) throw;
    context_.world.probes.hit("campaign cancelled");
    co_return;
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await work_and_resign(std::move(won));
}

asio::awaitable<void> process::stand_by_events(election& e, stay_ptr in) {
  // follow_events() gets the terms.
  e.stand();
  while (!stopping_ && !over(in) && (settled_ || chance_of(0.9))) {
    co_await sleep(context_.world.between(1s, 20s));
  }
  if (stopping_) co_return;
  e.withdraw();
  while (e.current()) co_await sleep(context_.world.between(10ms, 200ms));
}

asio::awaitable<void> process::follow_events(std::size_t tenant) {
  std::map<std::string, std::uint64_t> worked;  // the fences of handled terms
  for (;;) {
    const event what = co_await tenants_[tenant].next_event();
    const bool leads = what.standing == standing::leading;
    if (what.hand_over_requested) context_.world.probes.hit("event: hand-over requested");
    if (!what.handed_to.empty()) context_.world.probes.hit("event: handed over");
    if (!what.term || (!leads && what.standing != standing::stopping)) continue;
    std::uint64_t& fence = worked[what.key];
    if (fence == what.term.fence()) continue;
    fence = what.term.fence();
    user_tasks_->spawn(leads ? work_and_resign(what.term) : resign(what.term));
  }
}

// Closes the health gate of a random election now and then.
asio::awaitable<void> process::toggle_health() {
  while (!stopping_ && !settled_) {
    co_await sleep(context_.world.between(5s, 60s));
    const std::size_t number = context_.world.below(entered_.size());
    if (entered_[number] == nullptr || settled_) continue;
    context_.world.probes.hit("health gate closed");
    entered_[number]->set_healthy(false);
    co_await sleep(context_.world.between(50ms, 10s));
    if (entered_[number] != nullptr) entered_[number]->set_healthy(true);
  }
}

asio::awaitable<void> process::stop_at_request(term t, std::shared_ptr<canceller> s) {
  co_await t.stop_requested();
  (*s)();
}

asio::awaitable<void> process::work_and_resign(term t) {
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  const stay_ptr in = stay_of(t.key());
  // A member that leaves, or has left, waits for no work that begins now.
  const bool of_group =
      context_.scenario.groups.group_of(election_number(t.key())).has_value();
  if (of_group && (!in || over(in))) {
    co_await t.resign();
    co_return;
  }
  const auto s = std::make_shared<canceller>();
  const auto place = cancellers_.insert(cancellers_.end(), s);
  if (in) ++in->works;
  user_tasks_->spawn(stop_at_request(t, s));
  co_await asio::co_spawn(env_->executor, work(t),
                          asio::bind_cancellation_slot(s->signal.slot(), asio::use_awaitable));
  s->over = true;
  cancellers_.erase(place);
  if (in) --in->works;
  co_await t.resign();
}

asio::awaitable<void> process::resign(term t) {
  co_await t.resign();
}

// -- leading -------------------------------------------------------------------------------------

asio::awaitable<void> process::work(term t) {
  if (dead_) co_return;
  const scenario& settings = context_.scenario;
  const auto led =
      context_.checker.term_began(t, host_, number_, settings.span_of(spans_));
  try {
    co_await do_work(led);
  } catch (const system_error& e) {
    if (!ended_by_others(e)) throw;
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  if (dead_) co_return;
  duration most = settings.stop_budget * 8 / 10;
  // Once the faults are over, bodies hand over in time: the library promises no shares to a group
  // whose bodies need longer than their limit.
  if (settled_ && t.hand_over_wanted()) most = std::min(most, settings.groups.hand_over_limit / 2);
  duration cleanup = context_.world.between(0s, most);
  if (settings.slow_bodies && !settled_ && chance_of(0.2)) {
    context_.world.probes.hit("body overruns");
    led->excused = true;
    cleanup = context_.world.between(0s, settings.span * 2);
  }
  co_await sleep(cleanup);
  if (!dead_) context_.checker.body_ended(*led);
}

asio::awaitable<void> process::do_work(std::shared_ptr<tracked_term> led) {
  const scenario& settings = context_.scenario;
  const int slowdown = settings.elections > 16 ? 8 : 1;
  const auto most = std::chrono::duration_cast<duration>(
      std::max<duration>(settings.span, 4s) / settings.activity * slowdown);
  const stay_ptr in = stay_of(led->term.key());
  std::shared_ptr<body_answer> answer;  // to requests to hand over
  if (settings.groups.group_of(election_number(led->term.key()))) {
    answer = std::make_shared<body_answer>(host_, body_answer::draw(context_.world, settings));
    user_tasks_->spawn(answer_hand_over(answer, led->term));
  }
  bool goes_on = true;
  while (goes_on && !stopping_) {
    co_await rest(answer, context_.world.between(1ms, most));
    if (over(in)) co_return;
    if (answer && answer->ends(led->term.hand_over_wanted())) co_return;
    if (!led->term.holds()) {
      // The clock says so before the library does: the body must not go on.
      co_return;
    }
    context_.checker.writes().fenced_write(*led);
    if (chance_of(0.5)) co_await guarded_write(led);
    if (chance_of(0.15)) user_tasks_->spawn(proclaim(led->term));
    goes_on = settled_ || chance_of(0.93);
  }
}

asio::awaitable<void> process::guarded_write(std::shared_ptr<tracked_term> led) {
  const std::uint64_t id = context_.checker.writes().begin();
  leader_writes writes;
  writes.set(write_checker::data_key(led->term.key()), write_checker::write_text(led->term, id));
  write_result result = write_result::done;
  std::exception_ptr thrown;
  try {
    co_await led->term.write(std::move(writes));
  } catch (const system_error& e) {
    const bool unknown = e.code() == errc::outcome_unknown ||
                         e.code() == asio::error::operation_aborted;
    result = unknown ? write_result::unknown : write_result::not_done;
    if (e.code() == asio::error::operation_aborted) thrown = std::current_exception();
  }
  context_.checker.writes().end(id, result);
  if (thrown) std::rethrow_exception(thrown);
}

asio::awaitable<void> process::proclaim(term t) {
  try {
    co_await t.proclaim(host_.name() + " proclaims fence " + std::to_string(t.fence()) +
                        " again " + std::to_string(context_.world.below(1000)));
    context_.world.probes.hit("proclaimed");
  } catch (const system_error&) {
    context_.world.probes.hit("proclaim failed");
  }
}

// -- observing and deposing ----------------------------------------------------------------------

asio::awaitable<void> process::observe(std::size_t number) {
  observer o = elections_of(number).observe(election_key(number));
  try {
    for (;;) {
      leader l = co_await o.next();
      observed_[number] = std::move(l);
    }
  } catch (const system_error& e) {
    if (!ended_by_others(e)) throw;
  }
  observed_[number].reset();
}

void process::depose(std::size_t number) {
  if (user_tasks_ && alive()) user_tasks_->spawn(depose_now(number));
}

asio::awaitable<void> process::depose_now(std::size_t number) {
  try {
    co_await operator_->depose(election_key(number));
    context_.world.probes.hit("deposed");
  } catch (const system_error& e) {
    if (e.code() == asio::error::operation_aborted) throw;
  }
}

}  // namespace tenure::sim
