// The user code of a simulated process as a contender for slots of semaphores.
#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <tenure/semaphore.hpp>
#include <utility>

#include "sim/process.hpp"
#include "sim/safety_checker.hpp"

namespace tenure::sim {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using boost::system::system_error;

asio::awaitable<void> process::contend(std::size_t number) {
  elections& own = tenants_[number % tenants_.size()];
  while (!stopping_) {
    co_await sleep(context_.world.between(0s, 3s));
    if (stopping_) co_return;
    context_.checker.slots().contending(number_, number);
    const std::string value = host_.name() + " contends";
    const semaphore_settings& settings = context_.scenario.semaphores;
    const bool disagrees = settings.other_slots != 0 && !settled_ && chance_of(0.5);
    const std::size_t slots = disagrees ? settings.other_slots : settings.slots;
    semaphore pool = own.contend(semaphore_prefix(number), slots,
                                 context_.scenario.make_candidacy(value, spans_));
    co_await take_slots(pool, slots);
    if (stopping_) co_return;
    context_.world.probes.hit("semaphore left and entered again");
    co_await pool.leave();
  }
}

// Once the faults are over, all contenders agree on the number of slots.
asio::awaitable<void> process::take_slots(semaphore& pool, std::size_t slots) {
  const bool agrees = slots == context_.scenario.semaphores.slots;
  bool again = true;
  while (again && !stopping_) {
    const bool waits = agrees && (settled_ || chance_of(0.7));
    const duration limit = waits ? duration::max() : context_.world.between(0s, 20s);
    if (chance_of(0.5)) {
      co_await run_for(limit, hold_slot(pool, slots));
    } else {
      co_await run_for(limit, acquire_slot(pool, slots));
    }
    // A slot may have come while acquire() was given up: it goes back first.
    const duration step = 20ms;
    while (!stopping_ && pool.standing() != standing::watching) co_await sleep(step);
    again = settled_ || chance_of(0.85);
    if (settled_ && !agrees) again = false;
    if (!stopping_) co_await sleep(context_.world.between(1ms, 500ms));
  }
}

asio::awaitable<void> process::hold_slot(semaphore& pool, std::size_t slots) {
  auto body = [self = shared_from_this(), slots](term t) {
    return self->work_in_slot(std::move(t), slots);
  };
  try {
    co_await pool.hold(std::move(body));
  } catch (const system_error& error) {
    slot_refused(error);
  }
}

asio::awaitable<void> process::acquire_slot(semaphore& pool, std::size_t slots) {
  term won;
  try {
    term t = co_await pool.acquire();
    won = std::move(t);
  } catch (const system_error& error) {
    slot_refused(error);
    co_return;
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  const auto s = std::make_shared<canceller>();
  const auto place = cancellers_.insert(cancellers_.end(), s);
  user_tasks_->spawn(stop_at_request(won, s));
  co_await asio::co_spawn(env_->executor, work_in_slot(won, slots),
                          asio::bind_cancellation_slot(s->signal.slot(), asio::use_awaitable));
  s->over = true;
  cancellers_.erase(place);
  co_await won.resign();
}

// An operator's text in `.lock` is no semaphore: the next call looks again.
void process::slot_refused(const system_error& error) {
  if (error.code() == errc::bad_argument) {
    context_.world.probes.hit("slot refused: not a semaphore");
  } else if (ended_by_others(error)) {
    context_.world.probes.hit("acquire cancelled");
  } else {
    throw error;
  }
}

asio::awaitable<void> process::work_in_slot(term t, std::size_t slots) {
  if (dead_) co_return;
  const scenario& settings = context_.scenario;
  const auto held =
      context_.checker.slots().slot_acquired(t, host_, number_, settings.span_of(spans_), slots);
  try {
    co_await use_slot(held);
  } catch (const system_error& e) {
    if (!ended_by_others(e)) throw;
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  if (dead_) co_return;
  duration cleanup = context_.world.between(0s, settings.stop_budget * 8 / 10);
  if (settings.slow_bodies && !settled_ && chance_of(0.2)) {
    context_.world.probes.hit("body in a slot overruns");
    held->excused = true;
    cleanup = context_.world.between(0s, settings.span * 2);
  }
  co_await sleep(cleanup);
  if (!dead_) context_.checker.slots().body_ended(*held);
}

asio::awaitable<void> process::use_slot(std::shared_ptr<tracked_term> held) {
  const scenario& settings = context_.scenario;
  const auto most = std::chrono::duration_cast<duration>(
      std::max<duration>(settings.span, 4s) / settings.activity);
  const std::size_t semaphore = semaphore_of(held->term.key()).value();
  bool goes_on = true;
  while (goes_on && !stopping_) {
    co_await sleep(context_.world.between(1ms, most));
    if (!held->term.holds()) co_return;
    if (settled_ && held->slots != settings.semaphores.slots) co_return;
    if (chance_of(0.3)) co_await write_in_slot(held, semaphore);
    goes_on = settled_ || chance_of(0.9);
  }
}

asio::awaitable<void> process::write_in_slot(std::shared_ptr<tracked_term> held,
                                             std::size_t semaphore) {
  leader_writes writes;
  writes.set(slot_data_key(semaphore), slot_checker::write_text(held->term));
  std::exception_ptr thrown;
  try {
    co_await held->term.write(std::move(writes));
  } catch (const system_error& e) {
    if (e.code() == asio::error::operation_aborted) thrown = std::current_exception();
  }
  if (thrown) std::rethrow_exception(thrown);
}

}  // namespace tenure::sim
