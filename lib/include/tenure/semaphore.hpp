// A semaphore: up to N holders at a time, in the keys and in the form that `consul lock -n` and
// consul/api use, so that all of them can contend with each other.
//
// A slot is a term with a lease, a stop_at() and a fence. A proof of a slot shows that
// `<prefix>/.lock` names this candidate's session and that the session still locks
// `<prefix>/<session>`.
//
// Among tenure's candidates there are never more than N leases at a time, whatever requests are
// lost or late and whatever sessions die: a dead holder's slot is taken only one span after its
// death was seen. The exception is that of an election: after `.lock` was deleted, a candidate that
// never saw it with its holders may take a slot while their leases run. Then only the fence
// protects. consul/api's contenders do not wait: they take the slot of a holder as soon as its
// session is gone, and Consul has no lock-delay for that. Among them a slot is as safe as they make
// it: hand the fence to whatever the holders write to.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <tenure/completion.hpp>
#include <tenure/end_reason.hpp>
#include <tenure/error.hpp>
#include <tenure/standing.hpp>
#include <tenure/term.hpp>
#include <tenure/time.hpp>
#include <utility>

namespace tenure {

namespace impl {
class access;
class slot_candidate;
}  // namespace impl

/// One candidate for one slot of a semaphore, from elections::contend(). Each has its own Consul
/// session, from acquire() until a span after it needs none, so a process may have several for the
/// same prefix. Move-only; destroying it leaves: a slot is given up in the background. Belongs to
/// the thread of the io_context.
///
/// A handle that has left keeps its prefix and answers `watching` and an empty term; acquire() and
/// hold() throw errc::shut_down. A moved-from handle is empty: valid() is false, it answers the
/// same, and its prefix is empty. Nothing happens before an awaitable is awaited. Its twin
/// `async_...` takes a completion token instead: see <tenure/completion.hpp>.
class semaphore {
 public:
  using executor_type = boost::asio::any_io_executor;  ///< of get_executor()

  semaphore(semaphore&&) noexcept;  ///< the other one is then empty: valid() is false
  /// First does what the destructor does.
  semaphore& operator=(semaphore&&) noexcept;
  ~semaphore();

  /// False: moved from.
  [[nodiscard]] bool valid() const noexcept { return slot_candidate_ != nullptr; }
  explicit operator bool() const noexcept { return valid(); }  ///< the same as valid()
  /// The executor of the elections object, on which the operations and bodies run; an empty
  /// any_io_executor if the handle is empty.
  [[nodiscard]] executor_type get_executor() const noexcept;

  /// Of its keys; empty: a moved-from object.
  [[nodiscard]] const std::string& prefix() const noexcept;
  [[nodiscard]] std::size_t slots() const noexcept;  ///< how many hold it at a time, at most

  /// Waits until it has a slot, and returns it: a term whose key() is `<prefix>/.lock` and whose
  /// fence() grows from slot to slot. Resign it when the work has stopped; only then can another be
  /// acquired. Cancellation (terminal) withdraws: a slot that is being taken is given back.
  ///
  /// Throws system_error: errc::shut_down; errc::busy if another acquire() waits or the
  /// last slot was not resigned; errc::bad_argument if the holders use another number of slots or
  /// `<prefix>/.lock` does not belong to a semaphore; operation_aborted; and what will not go away
  /// by itself (error_kind::fatal), such as consul_errc::forbidden. An error ends only this
  /// acquire(): the next one asks Consul again.
  [[nodiscard]] boost::asio::awaitable<term> acquire();
  /// The same, completed with `void(error_code, term)`.
  template <completes_with<term> Token = default_token>
  [[nodiscard]] auto async_acquire(Token&& token = Token()) {
    return impl::async_run<error_code>(get_executor(), acquire(), std::forward<Token>(token));
  }

  /// Acquires a slot, runs `body` while it holds, and returns why it ended, as election::lead does.
  template <class Body>
  [[nodiscard]] boost::asio::awaitable<end_reason> hold(Body body) {
    auto kept = std::make_shared<Body>(std::move(body));
    return hold_with([kept](term t) { return (*kept)(std::move(t)); });
  }
  /// The same, completed with `void(std::exception_ptr, end_reason)`, as election::async_lead is.
  template <class Body, completes_or_throws<end_reason> Token = default_token>
  [[nodiscard]] auto async_hold(Body body, Token&& token = Token()) {
    return impl::async_run<std::exception_ptr>(get_executor(), hold(std::move(body)),
                                               std::forward<Token>(token));
  }

  /// The slot that is held, or one whose work has not stopped; else an empty term.
  [[nodiscard]] term current() const noexcept;
  /// watching, candidate, leading or stopping.
  [[nodiscard]] tenure::standing standing() const noexcept;
  /// How many slots others have, as last seen; dead holders whose time is not over included.
  [[nodiscard]] std::size_t occupied() const noexcept;
  /// Why the last request to Consul failed; none after a success.
  [[nodiscard]] error_code last_error() const noexcept;

  /// Withdraws, gives the slot up, and destroys the session. Completes within the request time-out
  /// after a body of hold() has returned, or after the lease. Cannot be cancelled.
  [[nodiscard]] boost::asio::awaitable<void> leave();
  /// The same, completed with `void(error_code)`.
  template <completes_with<void> Token = default_token>
  [[nodiscard]] auto async_leave(Token&& token = Token()) {
    return impl::async_run<error_code>(get_executor(), leave(), std::forward<Token>(token));
  }

 private:
  friend class impl::access;
  explicit semaphore(std::shared_ptr<impl::slot_candidate> slot_candidate) noexcept;
  boost::asio::awaitable<end_reason> hold_with(
      std::function<boost::asio::awaitable<void>(term)> body);
  std::shared_ptr<impl::slot_candidate> slot_candidate_;
};

}  // namespace tenure
