#include "sidecar/main/election_runner.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

namespace tenure::sidecar {

namespace asio = boost::asio;

election_runner::election_runner(asio::any_io_executor executor, runtime::timers& timers,
                                 election_config c, election handle,
                                 std::function<void(std::exception_ptr)> on_failure)
    : executor_(executor),
      timers_(timers),
      config_(std::move(c)),
      on_failure_(std::move(on_failure)),
      handle_(std::move(handle)),
      terms_(executor, timers, on_failure_),
      runs_(executor, timers, on_failure_),
      way_out_(executor, timers, on_failure_),
      ended_changed_(timers) {
  state_.name = config_.options.name;
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
  const bool new_term = e.term && e.term != current_term_;
  if (new_term) term_stopping_ = false;
  for (const auto& o : outputs_) o->changed(state_);
  if (!new_term) return;
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
  term_stopping_ = true;
  if (state_.changes > 0) {
    for (const auto& o : outputs_) o->changed(state_);  // some report that the work stops
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

void election_runner::begin_end(time_point deadline) {
  for (const auto& o : outputs_) o->ending(deadline);
  if (std::exchange(giving_up_, true)) return;
  try {
    handle_.withdraw();
  } catch (const boost::system::system_error&) {  // the elections are shut down already
  }
  stop_.emit(asio::cancellation_type::terminal);
  if (state_.changes > 0) {
    for (const auto& o : outputs_) o->changed(state_);
  }
  way_out_.spawn(way_out());
}

// The outputs report changes until the key is released; only then do they remove their traces.
asio::awaitable<void> election_runner::way_out() {
  co_await terms_.join();
  runs_.cancel();
  co_await runs_.join();
  ended_ = true;
  ended_changed_.notify_all();
}

asio::awaitable<bool> election_runner::ended_by(time_point deadline) {
  while (!ended_ && timers_.now() < deadline) co_await ended_changed_.wait(deadline);
  co_return ended_;
}

void election_runner::abandon() {
  for (const auto& o : outputs_) o->abandon();
}

std::string election_runner::unfinished() const {
  std::string what;
  for (const auto& o : outputs_) {
    const std::string more = o->unfinished();
    if (!what.empty() && !more.empty()) what += ", ";
    what += more;
  }
  return what;
}

}  // namespace tenure::sidecar
