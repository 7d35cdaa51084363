// Campaigning, and running a body for as long as a term lasts.
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "election/context.hpp"
#include "election/errors.hpp"
#include "election/participant/participant.hpp"
#include "election/sessions/consul_session.hpp"

namespace tenure::impl {

namespace asio = boost::asio;

/// While a campaign waits the participant stands. A campaign that is given up gives back a term
/// that began and was not handed out.
class participant::campaign_scope {
 public:
  explicit campaign_scope(std::shared_ptr<participant> whose) : whose_(std::move(whose)) {
    whose_->campaigning_ = true;
    // The watch reports a refusal only once: a read of this campaign shows whether it is still one.
    if (whose_->watch_refused_ || whose_->last_error() == error_kind::fatal) {
      whose_->fsm_.want_read();
    }
    whose_->error_.begin_operation();
    whose_->update_standing();
  }
  campaign_scope(const campaign_scope&) = delete;
  campaign_scope& operator=(const campaign_scope&) = delete;
  ~campaign_scope() {
    whose_->campaigning_ = false;
    if (!delivered_ && !whose_->standing_ && whose_->fsm_.working()) {
      whose_->fsm_.work_stopped(whose_->env().timers->now());
    }
    whose_->update_standing();
  }
  void delivered() noexcept { delivered_ = true; }

 private:
  std::shared_ptr<participant> whose_;
  bool delivered_ = false;
};

const request_error* participant::refusal_since(time_point called) const noexcept {
  if (!error_.fatal_since(called)) return nullptr;
  return session_ ? session_->session->report_refusal(error_) : &error_;
}

asio::awaitable<term> participant::campaign() {
  const auto check_open = [this] {
    if (shared().shutting_down || left_) fail(errc::shut_down, "\"" + key() + "\"");
  };
  check_open();
  if (campaigning_) fail(errc::busy, "another campaign waits for \"" + key() + "\"");
  if (fsm_.working()) {
    fail(errc::busy, "resign the last term of \"" + key() + "\" first");
  }
  const time_point called = env().timers->now();
  campaign_scope scope(self());
  bool waiting = true;
  while (waiting) {
    check_open();
    if (const request_error* why = refusal_since(called)) fail_by(*why, "\"" + key() + "\"");
    advance();
    if (!standing_ && fsm_.working() && fsm_.stage() != core::stage::leading) {
      work_stopped();  // a term that began and ended unseen: nothing worked in it
    }
    waiting = fsm_.stage() != core::stage::leading;
    if (waiting) co_await changed_.wait();
  }
  // A cancellation may have come after the last wait was satisfied.
  const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none) {
    fail(asio::error::operation_aborted, key());
  }
  scope.delivered();
  const term won = current();
  co_return won;
}

asio::awaitable<end_reason> participant::lead(body_function body) {
  const term won = co_await campaign();
  const end_reason why =
      co_await body_.run(env().executor, self(), term_, std::move(body));
  co_return why;
}

}  // namespace tenure::impl
