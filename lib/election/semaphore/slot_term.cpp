// What the user of a semaphore asks for, and the holder of a slot.
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>
#include <vector>

#include "consul/documents.hpp"
#include "election/semaphore/slot_candidate.hpp"
#include "election/errors.hpp"
#include "election/term/guarded_writes.hpp"
#include "runtime/keep_alive.hpp"

namespace tenure::impl {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

/// While acquire() waits the contender contends; one that is given up takes nothing with it.
class wanting {
 public:
  wanting(bool& wanted, runtime::async_condition& changed) : wanted_(wanted), changed_(changed) {
    wanted_ = true;
    changed_.notify_all();
  }
  wanting(const wanting&) = delete;
  wanting& operator=(const wanting&) = delete;
  ~wanting() {
    wanted_ = false;
    changed_.notify_all();
  }

 private:
  bool& wanted_;
  runtime::async_condition& changed_;
};

}  // namespace

asio::awaitable<term> slot_candidate::acquire() {
  if (left_) fail(errc::shut_down, "\"" + prefix_ + "\"");
  if (wanted_) fail(errc::already_entered, "another acquire waits for \"" + prefix_ + "\"");
  if (working_) fail(errc::already_entered, "resign the last slot of \"" + prefix_ + "\" first");
  refusal_ = error_code{};
  look_again_ = true;
  const wanting here(wanted_, changed_);
  std::shared_ptr<term_state> won;
  try {
    while (!won) {
      if (left_) fail(errc::shut_down, "\"" + prefix_ + "\"");
      if (refusal_) fail(refusal_, refusal_text_);
      if (last_error_ == error_kind::fatal) fail(last_error_, "\"" + prefix_ + "\"");
      if (working_ && going_on() && !term_->stop_told) {
        won = term_;
      } else {
        if (working_) work_stopped();  // it came and went before we were told
        co_await changed_.wait();
      }
    }
    // The cancellation may have come after the last wait had been satisfied.
    const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) {
      fail(asio::error::operation_aborted, prefix_);
    }
  } catch (...) {
    work_stopped();  // of a slot that was won and not handed out
    throw;
  }
  const term handed_out(won);
  co_return handed_out;
}

asio::awaitable<end_reason> slot_candidate::hold(body_function body) {
  const term won = co_await acquire();
  const end_reason why =
      co_await body_.run(env_->executor, shared_from_this(), term_, std::move(body));
  co_return why;
}

// -- the handle ----------------------------------------------------------------------------------

asio::awaitable<void> slot_candidate::wait_stop(std::shared_ptr<term_state> which) {
  while (!which->stop_told && which->reason == end_reason::none) co_await changed_.wait();
}

asio::awaitable<end_reason> slot_candidate::wait_end(std::shared_ptr<term_state> which) {
  while (which->reason == end_reason::none) co_await changed_.wait();
  co_return which->reason.load();
}

asio::awaitable<void> slot_candidate::wait_let_go(std::shared_ptr<term_state> which) {
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  if (term_ == which) work_stopped();
  const time_point give_up = now() + client_.config().request_timeout;
  while (term_ == which && now() < give_up) co_await changed_.wait(give_up);
}

asio::awaitable<end_reason> slot_candidate::resign(std::shared_ptr<term_state> which) {
  auto let_go = wait_let_go(which);
  co_await asio::co_spawn(env_->executor, std::move(let_go), asio::use_awaitable);
  co_return which->reason.load();
}

asio::awaitable<void> slot_candidate::wait_finished(time_point give_up) {
  while (!finished_ && now() < std::max(give_up, lease_end())) {
    co_await changed_.wait(std::max(give_up, lease_end()));
  }
}

asio::awaitable<void> slot_candidate::leave() {
  stop(end_reason::resigned, true);
  auto leaving = runtime::keep_alive(wait_finished(now() + client_.config().request_timeout),
                                  shared_from_this());
  co_await asio::co_spawn(env_->executor, std::move(leaving), asio::use_awaitable);
}

asio::awaitable<bool> slot_candidate::prove(std::shared_ptr<term_state> which) {
  const time_point asked = now();
  which->proof_wanted = std::max(which->proof_wanted, asked);
  changed_.notify_all();
  while (!over(which) && proven_at_ < asked) co_await changed_.wait();
  co_return !over(which);
}

asio::awaitable<void> slot_candidate::own_turn(std::shared_ptr<term_state> which) {
  while (!over(which) && which->writing) co_await changed_.wait();
  if (over(which)) fail(errc::not_leading, "\"" + prefix_ + "\"");
}

// What a contender publishes is the value of its own key.
asio::awaitable<void> slot_candidate::proclaim(std::shared_ptr<term_state> which, std::string value) {
  if (value.empty() || value.size() > candidacy::most_value) {
    fail(errc::bad_argument, "a value to proclaim has 1 to 384000 bytes, not " +
                                 std::to_string(value.size()));
  }
  co_await own_turn(which);
  const writing_turn mine(which, changed_);
  value_ = value;
  core::backoff failures(50ms, 1s);
  for (;;) {
    std::vector<consul::txn_op> ops;
    ops.push_back(consul::txn_op::check_session(own_key(), which->session.text()));
    ops.push_back(
        consul::txn_op::lock(own_key(), which->session.text(), value, consul::semaphore_flags));
    const consul::txn_result answer =
        co_await client_.write(std::move(ops), now() + client_.config().request_timeout);
    if (answer.committed) co_return;
    if (answer.error == error_kind::fatal) fail(answer.error, answer.detail);
    if (!answer.error) which->proof_wanted = now();
    const time_point again = now() + failures.next(env_->random->next());
    while (!over(which) && now() < again) co_await changed_.wait(again);
    if (over(which)) fail(errc::not_leading, "\"" + prefix_ + "\"");
  }
}

// `.lock` changes with every holder that comes or goes: then a proof tells its new index, and that
// we are still named there.
asio::awaitable<void> slot_candidate::write(std::shared_ptr<term_state> which, leader_writes writes) {
  if (writes.entries().empty() || writes.entries().size() > most_writes) {
    fail(errc::bad_argument, "a leader's transaction has 1 to 60 writes, not " +
                                 std::to_string(writes.entries().size()));
  }
  for (const leader_writes::entry& e : writes.entries()) {
    if (covers(e, lock_key()) || covers(e, own_key())) {
      fail(errc::bad_argument, "\"" + e.key + "\" is or covers a key of the semaphore");
    }
  }
  co_await own_turn(which);
  const writing_turn mine(which, changed_);
  for (;;) {
    if (over(which)) fail(errc::not_leading, "\"" + prefix_ + "\"");
    const std::uint64_t guard = lock_index_;
    std::vector<consul::txn_op> ops;
    ops.push_back(consul::txn_op::check_session(own_key(), which->session.text()));
    ops.push_back(consul::txn_op::check_index(lock_key(), guard));
    for (const leader_writes::entry& e : writes.entries()) ops.push_back(operation(e));
    const consul::txn_result answer =
        co_await client_.write(std::move(ops), now() + client_.config().request_timeout);
    if (answer.committed) {
      if (!over(which)) proved(answer.sent_at, guard);
      co_return;
    }
    if (answer.error == consul_errc::outcome_unknown) fail(errc::outcome_unknown, answer.detail);
    if (answer.error) fail(answer.error, answer.detail);
    const auto about_us = [](const consul::txn_error& f) { return f.op_index < 2; };
    const auto first = std::ranges::find_if(answer.failures, about_us);
    if (first == answer.failures.end()) fail(errc::refused, answer.failures.front().what);
    while (!over(which) && lock_index_ == guard) {
      which->proof_wanted = std::max(which->proof_wanted, proven_at_ + 1ns);
      changed_.notify_all();
      co_await changed_.wait();
    }
  }
}

}  // namespace tenure::impl
