// Campaigning, and running a body for as long as a term lasts.
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "election/errors.hpp"
#include "election/participant/participant.hpp"

namespace tenure::impl {

namespace asio = boost::asio;

/// While a campaign waits the record stands; a campaign that is given up takes nothing with it.
class campaign_guard {
 public:
  explicit campaign_guard(std::shared_ptr<participant> r) : participant_(std::move(r)) {
    participant_->campaigning_ = true;
    participant_->update_standing();
  }
  campaign_guard(const campaign_guard&) = delete;
  campaign_guard& operator=(const campaign_guard&) = delete;
  ~campaign_guard() {
    participant_->campaigning_ = false;
    // A term that began and was not handed out, because the campaign was cancelled in that moment.
    if (!delivered_ && !participant_->standing_ && participant_->fsm_.working()) {
      participant_->fsm_.work_stopped(participant_->env().timers->now());
    }
    participant_->update_standing();
  }
  void delivered() noexcept { delivered_ = true; }

 private:
  std::shared_ptr<participant> participant_;
  bool delivered_ = false;
};

asio::awaitable<term> participant::campaign() {
  const auto check_open = [this] {
    if (shared().stopping || left_) fail(errc::shut_down, "\"" + key() + "\"");
  };
  check_open();
  if (campaigning_) fail(errc::already_entered, "another campaign waits for \"" + key() + "\"");
  if (fsm_.working()) {
    fail(errc::already_entered, "resign the last term of \"" + key() + "\" first");
  }
  campaign_guard guard(self());
  bool waiting = true;
  while (waiting) {
    check_open();
    if (last_error() == error_kind::fatal) fail(last_error(), "\"" + key() + "\"");
    advance();
    if (!standing_ && fsm_.working() && fsm_.stage() != core::stage::leading) {
      // A term that came and went before we were told: nothing worked in it.
      fsm_.work_stopped(env().timers->now());
      advance();
    }
    waiting = fsm_.stage() != core::stage::leading;
    if (waiting) co_await changed_.wait();
  }
  // The cancellation may have come after the last wait had been satisfied.
  const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none) {
    fail(asio::error::operation_aborted, key());
  }
  guard.delivered();
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
