// What the user of a semaphore asks for: acquire(), hold(), leave().
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <algorithm>
#include <utility>

#include "election/errors.hpp"
#include "election/semaphore/slot_candidate.hpp"
#include "runtime/keep_alive.hpp"

namespace tenure::impl {

namespace asio = boost::asio;

/// While acquire() waits the candidate contends. One that is given up gives back a slot that was
/// won and not handed out.
class slot_candidate::waiting_acquire {
 public:
  explicit waiting_acquire(std::shared_ptr<slot_candidate> whose) : whose_(std::move(whose)) {
    whose_->wanted_ = true;
    whose_->refusal_ = error_code{};
    whose_->look_again_ = true;
    whose_->error_.begin_operation();
    whose_->changed_.notify_all();
  }
  waiting_acquire(const waiting_acquire&) = delete;
  waiting_acquire& operator=(const waiting_acquire&) = delete;
  ~waiting_acquire() {
    whose_->wanted_ = false;
    if (!delivered_ && whose_->lease_.working()) whose_->work_stopped();
    whose_->changed_.notify_all();
  }
  void delivered() noexcept { delivered_ = true; }

 private:
  std::shared_ptr<slot_candidate> whose_;
  bool delivered_ = false;
};

const request_error* slot_candidate::refusal_since(time_point called) const noexcept {
  if (!error_.fatal_since(called)) return nullptr;
  return session_ ? session_->report_refusal(error_) : &error_;
}

asio::awaitable<term> slot_candidate::acquire() {
  if (left_) fail(errc::shut_down, "\"" + prefix() + "\"");
  if (wanted_) fail(errc::busy, "another acquire waits for \"" + prefix() + "\"");
  if (lease_.working()) {
    fail(errc::busy, "resign the last slot of \"" + prefix() + "\" first");
  }
  const time_point called = now();
  waiting_acquire scope(shared_from_this());
  while (lease_.stage() != core::stage::leading) {
    if (left_) fail(errc::shut_down, "\"" + prefix() + "\"");
    if (refusal_) fail(refusal_, refusal_text_);
    if (const request_error* why = refusal_since(called)) fail_by(*why, "\"" + prefix() + "\"");
    if (lease_.working()) work_stopped();  // a slot that came and went unseen
    co_await changed_.wait();
  }
  // A cancellation may have come after the last wait was satisfied.
  const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none) {
    fail(asio::error::operation_aborted, prefix());
  }
  scope.delivered();
  const term won = current();
  co_return won;
}

asio::awaitable<end_reason> slot_candidate::hold(body_function body) {
  const term won = co_await acquire();
  const end_reason why =
      co_await body_.run(shared_->env->executor, shared_from_this(), term_, std::move(body));
  co_return why;
}

void slot_candidate::stop(end_reason why) {
  left_ = true;
  lease_.request_stop(why, now());
  advance();
  changed_.notify_all();
}

void slot_candidate::leave_in_background() {
  stop(end_reason::resigned);
  leave_work();
}

asio::awaitable<void> slot_candidate::leave() {
  leave_in_background();
  auto leaving = runtime::keep_alive(wait_left(), shared_from_this());
  co_await asio::co_spawn(shared_->env->executor, std::move(leaving), asio::use_awaitable);
}

asio::awaitable<void> slot_candidate::wait_left() {
  co_await wait_for_work();
  co_await wait_finished(now() + shared_->request_timeout());
}

asio::awaitable<void> slot_candidate::wait_for_work() {
  while (lease_.working() && now() < lease_.lease_end()) {
    co_await changed_.wait(lease_.lease_end());
  }
}

asio::awaitable<void> slot_candidate::wait_finished(time_point give_up) {
  while (!finished_ && now() < give_up) co_await changed_.wait(give_up);
}

}  // namespace tenure::impl
