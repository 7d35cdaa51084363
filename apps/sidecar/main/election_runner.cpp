#include "sidecar/main/election_runner.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

namespace tenure::sidecar {

namespace asio = boost::asio;

election_runner::election_runner(asio::any_io_executor executor, runtime::timers& timers,
                                 std::string name, election handle,
                                 std::function<void(std::exception_ptr)> on_failure)
    : executor_(executor),
      timers_(timers),
      on_failure_(std::move(on_failure)),
      handle_(std::move(handle)),
      terms_(executor, timers, on_failure_),
      runs_(executor, timers, on_failure_) {
  state_.name = std::move(name);
  state_.key = handle_.key();
}

void election_runner::start() {
  for (const auto& o : outputs_) runs_.spawn(o->run());
  handle_.stand();
}

void election_runner::set_healthy(const output& by, bool healthy) {
  if (healthy) {
    unhealthy_.erase(&by);
  } else {
    unhealthy_.insert(&by);
  }
  handle_.set_healthy(unhealthy_.empty());
}

void election_runner::update(const event& e) {
  const bool same_leader = e.leader.session == state_.leader.session;
  if (state_.changes == 0 || !same_leader) state_.since = std::chrono::system_clock::now();
  state_.standing = e.standing;
  state_.term = e.term;
  state_.leader = e.leader;
  state_.last_end = e.reason;
  state_.starts_at = e.starts_at;
  ++state_.changes;
  for (const auto& o : outputs_) o->changed(state_);
  if (!e.term || e.term == current_term_) return;
  current_term_ = e.term;
  terms_.spawn(run_term(e.term));
}

// The term may have ended before its event arrived: it has to be resigned all the same.
asio::awaitable<void> election_runner::run_term(term t) {
  runtime::task_scope work(executor_, timers_, on_failure_);
  if (!giving_up_ && t.holds()) {
    for (const auto& o : outputs_) work.spawn(o->lead(t));
    co_await wait_for_stop(t);
  }
  work.cancel();
  co_await work.join();
  co_await t.resign();
}

// Also for a hand-over: the outputs end what they do as leader, then the key goes to the successor.
asio::awaitable<void> election_runner::wait_for_stop(term t) {
  auto end_requested = t.hand_over_requested();
  try {
    co_await asio::co_spawn(executor_, std::move(end_requested),
                            asio::bind_cancellation_slot(stop_.slot(), asio::use_awaitable));
  } catch (const boost::system::system_error&) {  // cancelled by begin_give_up()
  }
}

void election_runner::begin_give_up() {
  giving_up_ = true;
  try {
    handle_.withdraw();
  } catch (const boost::system::system_error&) {  // the elections are shut down already
  }
  stop_.emit(asio::cancellation_type::terminal);
}

asio::awaitable<void> election_runner::given_up() { return terms_.join(); }

void election_runner::begin_end_outputs() { runs_.cancel(); }

asio::awaitable<void> election_runner::outputs_ended() { return runs_.join(); }

}  // namespace tenure::sidecar
