// Campaigning, and running a body for as long as a term lasts.
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <utility>

#include "election/engine.hpp"
#include "election/record.hpp"
#include "runtime/keeping.hpp"
#include "runtime/next_turn.hpp"

namespace tenure::impl {

namespace asio = boost::asio;

/// While a campaign waits the record stands; a campaign that is given up takes nothing with it.
class campaign_guard {
 public:
  explicit campaign_guard(std::shared_ptr<record> r) : record_(std::move(r)) {
    record_->campaigning_ = true;
    record_->update_standing();
  }
  campaign_guard(const campaign_guard&) = delete;
  campaign_guard& operator=(const campaign_guard&) = delete;
  ~campaign_guard() {
    record_->campaigning_ = false;
    // A term that began and was not handed out, because the campaign was cancelled in that moment.
    if (!delivered_ && !record_->standing_ && record_->fsm_.working()) {
      record_->fsm_.work_stopped(record_->services_->timers->now());
    }
    record_->update_standing();
  }
  void delivered() noexcept { delivered_ = true; }

 private:
  std::shared_ptr<record> record_;
  bool delivered_ = false;
};

asio::awaitable<term> record::campaign() {
  if (campaigning_) fail(errc::already_entered, "another campaign waits for \"" + key_ + "\"");
  if (fsm_.working()) {
    fail(errc::already_entered, "resign the last term of \"" + key_ + "\" first");
  }
  campaign_guard guard(shared_from_this());
  bool waiting = true;
  while (waiting) {
    const auto e = engine_.lock();
    if (!e || e->stopping() || left_) fail(errc::shut_down, "\"" + key_ + "\"");
    if (last_error_ == condition::fatal) fail(last_error_, "\"" + key_ + "\"");
    drive();
    if (!standing_ && fsm_.working() && fsm_.stage() != core::stage::leading) {
      // A term that came and went before we were told: nothing worked in it.
      fsm_.work_stopped(services_->timers->now());
      drive();
    }
    waiting = fsm_.stage() != core::stage::leading;
    if (waiting) co_await changed_.wait();
  }
  // The cancellation may have come after the last wait had been satisfied.
  const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none) {
    fail(asio::error::operation_aborted, key_);
  }
  guard.delivered();
  const term won = current();
  co_return won;
}

asio::awaitable<void> record::run_body(
    std::shared_ptr<term_state> t,
    std::shared_ptr<std::function<asio::awaitable<void>(term)>> body,
    std::shared_ptr<end_reason> reason, std::shared_ptr<bool> cancelled) {
  const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none) *cancelled = true;
  // The caller's cancellation stops the body; it must not make us forget to wait for it.
  const auto stop = std::make_shared<asio::cancellation_signal>();
  auto forward = [stop, cancelled](asio::cancellation_type type) {
    if (type != asio::cancellation_type::none) {
      *cancelled = true;
      stop->emit(asio::cancellation_type::terminal);
    }
    return asio::cancellation_type::none;
  };
  co_await asio::this_coro::reset_cancellation_state(std::move(forward),
                                                     asio::disable_cancellation());
  std::exception_ptr thrown;
  if (!*cancelled && !t->stop_told) {
    body_stop_ = stop;
    try {
      auto work = runtime::in_next_turn(services_->executor, (*body)(term(t)));
      co_await asio::co_spawn(services_->executor, std::move(work),
                              asio::bind_cancellation_slot(stop->slot(), asio::use_awaitable));
    } catch (...) {
      thrown = std::current_exception();
    }
    body_stop_.reset();
  }
  *body = nullptr;  // what the body captured goes before the lock does
  body_ = false;
  const bool told = t->stop_told || *cancelled;
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  const end_reason why = co_await resign(t);
  *reason = why;
  if (!thrown) co_return;
  bool aborted = false;
  try {
    std::rethrow_exception(thrown);
  } catch (const boost::system::system_error& e) {
    aborted = e.code() == asio::error::operation_aborted;
  } catch (...) {
  }
  if (!(aborted && told)) std::rethrow_exception(thrown);
}

asio::awaitable<end_reason> record::lead(std::function<asio::awaitable<void>(term)> body) {
  const auto kept = std::make_shared<std::function<asio::awaitable<void>(term)>>(std::move(body));
  const auto reason = std::make_shared<end_reason>(end_reason::none);
  const auto cancelled = std::make_shared<bool>(false);
  const term won = co_await campaign();
  body_ = true;
  auto supervised = runtime::keeping(run_body(term_, kept, reason, cancelled), shared_from_this());
  co_await asio::co_spawn(services_->executor, std::move(supervised), asio::use_awaitable);
  if (*cancelled) fail(asio::error::operation_aborted, key_);
  co_return *reason;
}

}  // namespace tenure::impl
