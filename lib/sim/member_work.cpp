// The user code of a simulated process.
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

#include "sim/member.hpp"

namespace tenure::sim {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using boost::system::system_error;

namespace {

bool is_abort(const system_error& e) {
  return e.code() == asio::error::operation_aborted || e.code() == errc::shut_down;
}

}  // namespace

asio::awaitable<void> member::sleep(duration d) {
  return runtime::sleep_until(machine_, machine_.now() + d);
}

// -- cancelling ----------------------------------------------------------------------------------

asio::awaitable<void> member::cancel_at(std::shared_ptr<stopper> s, time_point at) {
  co_await runtime::sleep_until(machine_, at);
  (*s)();
}

asio::awaitable<void> member::within(duration most, awaitable<void> task) {
  const auto s = std::make_shared<stopper>();
  const auto place = stoppers_.insert(stoppers_.end(), s);
  if (most != duration::max()) users_->spawn(cancel_at(s, machine_.now() + most));
  std::exception_ptr thrown;
  try {
    co_await asio::co_spawn(services_->executor, std::move(task),
                            asio::bind_cancellation_slot(s->signal.slot(), asio::use_awaitable));
  } catch (const system_error& e) {
    if (!is_abort(e)) thrown = std::current_exception();
  }
  s->over = true;
  stoppers_.erase(place);
  if (thrown) std::rethrow_exception(thrown);
}

// -- standing ------------------------------------------------------------------------------------

// Nothing where the last stay has not been settled yet.
std::optional<election> member::enter(std::size_t number) {
  try {
    return elections_->enter(election_key(number),
                             around_.settings.stand(machine_.name() + " stands for " +
                                                        std::to_string(number),
                                                    other_span_));
  } catch (const system_error& e) {
    if (e.code() != errc::already_entered) throw;
    around_.it.counts.hit("election not yet left");
    return std::nullopt;
  }
}

asio::awaitable<void> member::stand_in(std::size_t number) {
  const std::string key = election_key(number);
  bool first = true;
  while (!stopping_) {
    if (!first || chance_of(0.5)) co_await sleep(around_.it.between(0s, 3s));
    if (stopping_) co_return;
    first = false;
    around_.verdicts.election_entered(number_, key);
    std::optional<election> entered = enter(number);
    if (!entered) continue;
    election& e = *entered;
    standing_[number] = &e;
    const std::uint64_t style = around_.it.below(4);
    if (style < 2) {
      co_await spell_of_leading(e);
    } else if (style == 2) {
      co_await spell_of_campaigning(e);
    } else {
      co_await spell_of_standing(e);
    }
    standing_[number] = nullptr;
    if (stopping_) co_return;
    around_.it.counts.hit("election left and entered again");
    co_await e.leave();
  }
}

asio::awaitable<void> member::spell_of_leading(election& e) {
  bool again = true;
  while (again && !stopping_) {
    const duration patience =
        settled_ || chance_of(0.6) ? duration::max() : around_.it.between(0s, 20s);
    co_await within(patience, lead_once(e));
    again = settled_ || chance_of(0.8);
    if (!stopping_) co_await sleep(around_.it.between(1ms, 500ms));
  }
}

asio::awaitable<void> member::lead_once(election& e) {
  auto body = [self = shared_from_this()](term t) { return self->work(std::move(t)); };
  try {
    co_await e.lead(std::move(body));
  } catch (const system_error& error) {
    if (error.code() == asio::error::operation_aborted) {
      around_.it.counts.hit("lead cancelled");
    } else if (error.code() != errc::shut_down) {
      throw;
    }
  }
}

asio::awaitable<void> member::spell_of_campaigning(election& e) {
  bool again = true;
  while (again && !stopping_) {
    const duration patience =
        settled_ || chance_of(0.6) ? duration::max() : around_.it.between(0s, 20s);
    co_await within(patience, campaign_once(e));
    again = settled_ || chance_of(0.8);
    if (!stopping_) co_await sleep(around_.it.between(1ms, 500ms));
  }
}

asio::awaitable<void> member::campaign_once(election& e) {
  term won;
  try {
    term t = co_await e.campaign();
    won = std::move(t);
  } catch (const system_error& error) {
    if (!is_abort(error)) throw;
    around_.it.counts.hit("campaign cancelled");
    co_return;
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await work_and_resign(std::move(won));
}

asio::awaitable<void> member::spell_of_standing(election& e) {
  // The terms come by the event stream.
  e.stand();
  while (!stopping_ && (settled_ || chance_of(0.9))) co_await sleep(around_.it.between(1s, 20s));
  if (stopping_) co_return;
  e.withdraw();
  while (e.current()) co_await sleep(around_.it.between(10ms, 200ms));
}

asio::awaitable<void> member::listen() {
  std::map<std::string, std::uint64_t> worked;  // the fences of terms that were taken on
  for (;;) {
    const event what = co_await elections_->next_event();
    const bool leads = what.standing == standing::leading;
    if (!what.term || (!leads && what.standing != standing::stopping)) continue;
    std::uint64_t& fence = worked[what.key];
    if (fence == what.term.fence()) continue;
    fence = what.term.fence();
    users_->spawn(leads ? work_and_resign(what.term) : resign(what.term));
  }
}

// Now and then the health gate of an election is closed for a while.
asio::awaitable<void> member::feel_ill() {
  while (!stopping_ && !settled_) {
    co_await sleep(around_.it.between(5s, 60s));
    const std::size_t number = around_.it.below(standing_.size());
    if (standing_[number] == nullptr || settled_) continue;
    around_.it.counts.hit("health gate closed");
    standing_[number]->set_healthy(false);
    co_await sleep(around_.it.between(50ms, 10s));
    if (standing_[number] != nullptr) standing_[number]->set_healthy(true);
  }
}

asio::awaitable<void> member::stop_at_request(term t, std::shared_ptr<stopper> s) {
  co_await t.stop_requested();
  (*s)();
}

asio::awaitable<void> member::work_and_resign(term t) {
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  const auto s = std::make_shared<stopper>();
  const auto place = stoppers_.insert(stoppers_.end(), s);
  users_->spawn(stop_at_request(t, s));
  co_await asio::co_spawn(services_->executor, work(t),
                          asio::bind_cancellation_slot(s->signal.slot(), asio::use_awaitable));
  s->over = true;
  stoppers_.erase(place);
  co_await t.resign();
}

asio::awaitable<void> member::resign(term t) {
  co_await t.resign();
}

// -- leading -------------------------------------------------------------------------------------

asio::awaitable<void> member::work(term t) {
  if (dead_) co_return;
  const plan& p = around_.settings;
  const auto c =
      around_.verdicts.term_began(t, machine_, number_, other_span_ ? p.span * 2 : p.span);
  try {
    co_await act(c);
  } catch (const system_error& e) {
    if (!is_abort(e)) throw;
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  if (dead_) co_return;
  duration cleanup = around_.it.between(0s, p.stop_budget * 8 / 10);
  if (p.slow_bodies && !settled_ && chance_of(0.2)) {
    around_.it.counts.hit("body overruns");
    c->excused = true;
    cleanup = around_.it.between(0s, p.span * 2);
  }
  co_await sleep(cleanup);
  if (!dead_) around_.verdicts.body_ended(*c);
}

asio::awaitable<void> member::act(std::shared_ptr<case_file> c) {
  const plan& p = around_.settings;
  const auto most = std::chrono::duration_cast<duration>(
      std::max<duration>(p.span, 4s) / p.effort * (p.elections > 16 ? 8 : 1));
  bool goes_on = true;
  while (goes_on && !stopping_) {
    co_await sleep(around_.it.between(1ms, most));
    if (!c->term.holds()) {
      // Told by the clock before it is told by the library: it may run no further.
      co_return;
    }
    around_.verdicts.fenced_write(*c);
    if (chance_of(0.5)) co_await guarded_write(c);
    if (chance_of(0.15)) users_->spawn(proclaim(c->term));
    goes_on = settled_ || chance_of(0.93);
  }
}

asio::awaitable<void> member::guarded_write(std::shared_ptr<case_file> c) {
  const std::uint64_t id = around_.verdicts.write_began();
  leader_writes writes;
  writes.set(judge::data_key(c->term.key()), judge::write_text(c->term, id));
  write_result result = write_result::done;
  std::exception_ptr thrown;
  try {
    co_await c->term.write(std::move(writes));
  } catch (const system_error& e) {
    const bool unknown = e.code() == errc::outcome_unknown ||
                         e.code() == asio::error::operation_aborted;
    result = unknown ? write_result::unknown : write_result::not_done;
    if (e.code() == asio::error::operation_aborted) thrown = std::current_exception();
  }
  around_.verdicts.write_ended(id, result);
  if (thrown) std::rethrow_exception(thrown);
}

asio::awaitable<void> member::proclaim(term t) {
  try {
    co_await t.proclaim(machine_.name() + " proclaims fence " + std::to_string(t.fence()) +
                        " again " + std::to_string(around_.it.below(1000)));
    around_.it.counts.hit("proclaimed");
  } catch (const system_error&) {
    around_.it.counts.hit("proclaim failed");
  }
}

// -- looking on ----------------------------------------------------------------------------------

asio::awaitable<void> member::observe(std::size_t number) {
  observer o = elections_->observe(election_key(number));
  try {
    for (;;) {
      leader l = co_await o.next();
      seen_[number] = std::move(l);
    }
  } catch (const system_error& e) {
    if (!is_abort(e)) throw;
  }
  seen_[number].reset();
}

void member::depose(std::size_t number) {
  if (users_ && alive()) users_->spawn(depose_now(election_key(number)));
}

asio::awaitable<void> member::depose_now(std::string key) {
  try {
    co_await elections_->depose(key);
    around_.it.counts.hit("deposed");
  } catch (const system_error& e) {
    if (e.code() == asio::error::operation_aborted) throw;
  }
}

}  // namespace tenure::sim
