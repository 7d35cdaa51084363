#include "sidecar/contender.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

namespace tenure::sidecar {

namespace asio = boost::asio;

contender::contender(asio::any_io_executor executor, runtime::timers& timers, std::string name,
                     election handle, std::function<void(std::exception_ptr)> failed)
    : executor_(executor),
      timers_(timers),
      failed_(std::move(failed)),
      handle_(std::move(handle)),
      terms_(executor, timers, failed_),
      runs_(executor, timers, failed_) {
  status_.name = std::move(name);
  status_.key = handle_.key();
}

void contender::begin() {
  for (const auto& f : faces_) runs_.spawn(f->run());
  handle_.stand();
}

void contender::take(const event& e) {
  const bool same_leader = e.leader.session == status_.leader.session;
  if (status_.changes == 0 || !same_leader) status_.since = std::chrono::system_clock::now();
  status_.standing = e.standing;
  status_.term = e.term;
  status_.leader = e.leader;
  status_.last_end = e.reason;
  status_.starts_at = e.starts_at;
  ++status_.changes;
  for (const auto& f : faces_) f->changed(status_);
  if (!e.term || e.term == serving_) return;
  serving_ = e.term;
  terms_.spawn(serve(e.term));
}

// A term may be over by the time it is heard of: it has to be resigned all the same.
asio::awaitable<void> contender::serve(term t) {
  runtime::task_scope work(executor_, timers_, failed_);
  if (!giving_up_ && t.holds()) {
    for (const auto& f : faces_) work.spawn(f->lead(t));
    co_await wait_for_stop(t);
  }
  work.cancel();
  co_await work.join();
  co_await t.resign();
}

asio::awaitable<void> contender::wait_for_stop(term t) {
  auto asked = t.stop_requested();
  try {
    co_await asio::co_spawn(executor_, std::move(asked),
                            asio::bind_cancellation_slot(stop_.slot(), asio::use_awaitable));
  } catch (const boost::system::system_error&) {  // we were asked to give up
  }
}

void contender::ask_to_give_up() {
  giving_up_ = true;
  try {
    handle_.withdraw();
  } catch (const boost::system::system_error&) {  // all of it is shut down already
  }
  stop_.emit(asio::cancellation_type::terminal);
}

asio::awaitable<void> contender::given_up() { return terms_.join(); }

void contender::ask_to_undo() { runs_.cancel(); }

asio::awaitable<void> contender::undone() { return runs_.join(); }

}  // namespace tenure::sidecar
