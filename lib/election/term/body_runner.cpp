// The one place where a body is begun, stopped and waited for.
#include "election/term/body_runner.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <utility>

#include "election/handles/access.hpp"
#include "runtime/keep_alive.hpp"
#include "runtime/next_turn.hpp"

namespace tenure::impl {

namespace asio = boost::asio;

class body_runner::running_body {
 public:
  running_body(std::shared_ptr<term_state> t, body_function f)
      : its_term(std::move(t)), function(std::move(f)) {}

  bool must_stop(const body_host& owner) const noexcept {
    return cancelled || owner.must_stop(its_term);
  }

  const std::shared_ptr<term_state> its_term;
  body_function function;
  asio::cancellation_signal stop;
  bool cancelled = false;  ///< by the caller of run()
};

namespace {

bool is_aborted(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const boost::system::system_error& e) {
    return e.code() == asio::error::operation_aborted;
  } catch (...) {
    return false;
  }
}

}  // namespace

/// In a new turn of the event loop: since the term began the body may have had to stop, or the
/// process may have slept through the lease.
asio::awaitable<void> body_runner::begin(asio::any_io_executor executor,
                                         std::shared_ptr<body_host> owner,
                                         std::shared_ptr<running_body> b) {
  co_await runtime::next_turn(executor);
  if (b->must_stop(*owner) || !b->its_term->before_stop()) co_return;
  auto work = b->function(access::term_of(b->its_term));
  co_await std::move(work);
}

void body_runner::stop() {
  const auto b = running_;  // the body may end by this
  if (b) b->stop.emit(asio::cancellation_type::terminal);
}

asio::awaitable<void> body_runner::supervise(asio::any_io_executor executor,
                                                 std::shared_ptr<body_host> owner,
                                                 std::shared_ptr<running_body> b) {
  const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none) b->cancelled = true;
  // The caller's cancellation stops the body; it must not make us forget to wait for it.
  auto forward = [b](asio::cancellation_type type) {
    if (type != asio::cancellation_type::none) {
      b->cancelled = true;
      b->stop.emit(asio::cancellation_type::terminal);
    }
    return asio::cancellation_type::none;
  };
  co_await asio::this_coro::reset_cancellation_state(std::move(forward),
                                                     asio::disable_cancellation());
  std::exception_ptr thrown;
  if (!b->must_stop(*owner)) {
    try {
      auto work = begin(executor, owner, b);
      co_await asio::co_spawn(executor, std::move(work),
                              asio::bind_cancellation_slot(b->stop.slot(), asio::use_awaitable));
    } catch (...) {
      thrown = std::current_exception();
    }
  }
  const bool stopped = b->must_stop(*owner);
  b->function = nullptr;  // what the body captured goes before the lock does
  // A body that resigned before its end may have a successor by now.
  if (running_ == b) running_.reset();
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await owner->resign(b->its_term);
  if (thrown && !(stopped && is_aborted(thrown))) std::rethrow_exception(thrown);
}

asio::awaitable<end_reason> body_runner::run(asio::any_io_executor executor,
                                                 std::shared_ptr<body_host> owner,
                                                 std::shared_ptr<term_state> t,
                                                 body_function body) {
  const auto b = std::make_shared<running_body>(std::move(t), std::move(body));
  running_ = b;
  auto supervised = runtime::keep_alive(supervise(executor, owner, b), owner);
  co_await asio::co_spawn(executor, std::move(supervised), asio::use_awaitable);
  if (b->cancelled) {
    throw boost::system::system_error(asio::error::operation_aborted, b->its_term->key.text());
  }
  co_return b->its_term->reason.load();
}

}  // namespace tenure::impl
