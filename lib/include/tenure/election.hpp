// Standing in one election.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tenure/completion.hpp>
#include <tenure/end_reason.hpp>
#include <tenure/error.hpp>
#include <tenure/leader.hpp>
#include <tenure/standing.hpp>
#include <tenure/term.hpp>
#include <utility>

namespace tenure {

namespace impl {
class access;
class engine;
class participant;
}  // namespace impl

/// This process's handle to one election, from elections::enter. Move-only. Destroying it leaves:
/// the term ends, the key is released in the background. Belongs to the thread of the io_context.
///
/// After leave() or a shut-down the handle keeps its key, standing() is `watching` and current() is
/// empty once the work has stopped, and campaign(), lead() and stand() throw errc::shut_down. A
/// moved-from handle is empty: valid() is false, it answers the same, and its key is empty.
///
/// A function that returns an awaitable does nothing before it is awaited: an awaitable that is
/// dropped has no effect. Once awaited, the operation does not need the handle any more. Its twin
/// `async_...` takes a completion token instead: see <tenure/completion.hpp>.
class election {
 public:
  using executor_type = boost::asio::any_io_executor;  ///< of get_executor()

  election(election&&) noexcept;             ///< the other one is then empty: valid() is false
  election& operator=(election&&) noexcept;  ///< first does what the destructor does
  ~election();

  /// False: moved from.
  [[nodiscard]] bool valid() const noexcept { return participant_ != nullptr; }
  explicit operator bool() const noexcept { return valid(); }  ///< the same as valid()
  /// The executor of the elections object, on which the operations and bodies run; an empty
  /// any_io_executor if the handle is empty.
  [[nodiscard]] executor_type get_executor() const noexcept;

  /// That the process contends for; empty: a moved-from object.
  [[nodiscard]] const std::string& key() const noexcept;

  /// Stands until it wins, and returns the term. Cancellation (terminal) withdraws: an acquisition
  /// in flight is released when its outcome is known. Throws system_error: errc::shut_down
  /// (also after leave()), errc::busy where another campaign of this election waits or
  /// the last term was not resigned, operation_aborted, and what will not go away by itself
  /// (error_kind::fatal), such as consul_errc::forbidden. An error ends only this
  /// campaign: the next one asks Consul again.
  [[nodiscard]] boost::asio::awaitable<term> campaign();
  /// The same, completed with `void(error_code, term)`.
  template <completes_with<term> Token = default_token>
  [[nodiscard]] auto async_campaign(Token&& token = Token()) {
    return impl::async_run<error_code>(get_executor(), campaign(), std::forward<Token>(token));
  }

  /// Stands, runs `body` while it leads, and returns why the term ended (resigned where the body
  /// returned by itself). The body is cancelled (terminal) at the term's stop_at() and whenever the
  /// term ends; the key is released only after the body has returned. Cancelling lead() cancels
  /// the body, waits for it, releases, and then throws operation_aborted. The body's exception is
  /// rethrown after the release, except operation_aborted after the end of the term.
  ///
  /// In a cancelled body every co_await throws operation_aborted. A body that has to wait while it
  /// cleans up first awaits this_coro::reset_cancellation_state(disable_cancellation()), and has
  /// the stop budget for it.
  ///
  /// `body` is a function object of `awaitable<void>(term)`; it is kept until it has returned. Name
  /// a capturing lambda and move it in: g++ 12 destroys a lambda twice that is written inside a
  /// co_await expression.
  template <class Body>
  [[nodiscard]] boost::asio::awaitable<end_reason> lead(Body body) {
    auto kept = std::make_shared<Body>(std::move(body));
    return lead_with([kept](term t) { return (*kept)(std::move(t)); });
  }
  /// The same, completed with `void(std::exception_ptr, end_reason)`: a body may throw anything,
  /// and an error code would lose it. That is the signature of asio::co_spawn, for the same reason.
  template <class Body, completes_or_throws<end_reason> Token = default_token>
  [[nodiscard]] auto async_lead(Body body, Token&& token = Token()) {
    return impl::async_run<std::exception_ptr>(get_executor(), lead(std::move(body)),
                                               std::forward<Token>(token));
  }

  /// Stands from now on, again after each term (once resign() was called); each change is an event
  /// of elections::next_event, and current() is the term. Throws errc::shut_down where the handle
  /// has left.
  void stand();
  /// Stops standing. A running term goes on until it is resigned, and a campaign goes on waiting.
  /// An empty handle ignores it.
  void withdraw();
  /// The health gate, open at first. Closing it asks the holder to stop: the body is cancelled at
  /// once, inside this call, and when it has returned the term ends (end_reason::health_failed) and
  /// the key is released. While the gate is closed this process does not stand, and a campaign
  /// waits; opened again, it stands as before. An empty handle ignores it.
  void set_healthy(bool healthy);
  /// The running term, or one whose work has not stopped; else an empty one.
  [[nodiscard]] term current() const noexcept;
  /// What this process is in the election now.
  [[nodiscard]] tenure::standing standing() const noexcept;
  /// The Consul session on which this candidate stands; empty while it has none. A lost
  /// session is replaced by a new one; a running term keeps its own.
  [[nodiscard]] std::string session() const;
  /// Who holds the key, as last seen by the watch; nothing before the first observation.
  [[nodiscard]] std::optional<leader> last_seen() const;
  /// Why the last request to Consul for this election failed; none after a success.
  [[nodiscard]] error_code last_error() const noexcept;

  /// Withdraws, resigns and leaves, as destroying the handle does: the key is released when the
  /// body of lead() has returned, at once if none runs, and a campaign that waits ends with
  /// errc::shut_down. Completes within the request time-out after that; in an outage the release
  /// goes on in the background, and until it is done the key cannot be entered again. Cannot be
  /// cancelled. A second leave() waits for the first.
  [[nodiscard]] boost::asio::awaitable<void> leave();
  /// The same, completed with `void(error_code)`.
  template <completes_with<void> Token = default_token>
  [[nodiscard]] auto async_leave(Token&& token = Token()) {
    return impl::async_run<error_code>(get_executor(), leave(), std::forward<Token>(token));
  }

 private:
  friend class impl::access;
  election(std::shared_ptr<impl::engine> engine,
           std::shared_ptr<impl::participant> participant) noexcept;
  boost::asio::awaitable<end_reason> lead_with(
      std::function<boost::asio::awaitable<void>(term)> body);
  std::shared_ptr<impl::engine> engine_;
  std::shared_ptr<impl::participant> participant_;
};

}  // namespace tenure
