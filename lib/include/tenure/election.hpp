// Standing in one election.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tenure/end_reason.hpp>
#include <tenure/error.hpp>
#include <tenure/leader.hpp>
#include <tenure/standing.hpp>
#include <tenure/term.hpp>
#include <utility>

namespace tenure {

namespace impl {
class engine;
class participant;
}  // namespace impl

/// This process's place in one election, from elections::enter. Move-only. Destroying it leaves:
/// the term ends, the key is released in the background. Belongs to the thread of the io_context.
///
/// A handle that has left, or whose elections object was shut down, keeps its key and answers
/// `watching` and an empty term; what would stand throws errc::shut_down. A moved-from handle is
/// empty: valid() is false, it answers the same, and its key is empty.
///
/// A function that returns an awaitable does nothing before it is awaited: an awaitable that is
/// dropped has no effect. Once awaited, the operation does not need the handle any more.
class election {
 public:
  election(std::shared_ptr<impl::engine> engine,
           std::shared_ptr<impl::participant> participant) noexcept;
  election(election&&) noexcept;
  election& operator=(election&&) noexcept;
  ~election();

  bool valid() const noexcept { return participant_ != nullptr; }
  explicit operator bool() const noexcept { return valid(); }

  const std::string& key() const noexcept;

  /// Stands until it wins, and returns the term. Cancellation (terminal) withdraws: an acquisition
  /// in flight is released when its outcome is known. Throws system_error: errc::shut_down
  /// (also after leave()), errc::already_entered where another campaign of this election waits or
  /// the last term was not resigned, operation_aborted, and what will not go away by itself
  /// (error_kind::fatal), such as consul_errc::forbidden. It reports only errors of its own time:
  /// after a refusal the next campaign asks Consul again.
  boost::asio::awaitable<term> campaign();

  /// Stands, runs `body` while it leads, and returns why the term ended (resigned where the body
  /// returned by itself). The body is cancelled (terminal) at the term's stop_at() and whenever the
  /// term ends; the key is released only after the body has returned. Cancelling lead() cancels
  /// the body, waits for it, releases, and then throws operation_aborted. What the body throws is
  /// thrown again, after the release; operation_aborted after the end of the term is not.
  ///
  /// `body` is a function object of `awaitable<void>(term)`; it is kept until it has returned. Name
  /// a capturing lambda and move it in: g++ 12 destroys one twice that is written into a co_await
  /// expression.
  template <class Body>
  boost::asio::awaitable<end_reason> lead(Body body) {
    auto kept = std::make_shared<Body>(std::move(body));
    return lead_with([kept](term t) { return (*kept)(std::move(t)); });
  }

  /// Stands from now on, again after each term (once resign() was called); each change is an event
  /// of elections::next_event, and current() is the term. Throws errc::shut_down where the handle
  /// has left.
  void stand();
  /// Stops standing. A running term goes on until it is resigned.
  void withdraw();
  /// The health gate, open at first. Closing it ends a running term (end_reason::health_failed):
  /// the holder is told to stop at once, and the key is released when it has. While it is closed
  /// this process does not stand, and a campaign waits; opened again, it stands as before.
  void set_healthy(bool healthy);
  /// The running term; an empty one where there is none.
  term current() const noexcept;
  tenure::standing standing() const noexcept;
  /// The Consul session on which this candidate stands; empty while there is none. Another one
  /// takes its place when it is lost; a running term keeps its own.
  std::string session() const;
  /// Who holds the key, as last seen by the watch; nothing before the first sight.
  std::optional<leader> last_seen() const;
  /// Why the last request to Consul for this election failed; none after a success.
  error_code last_error() const noexcept;

  /// Withdraws, resigns and leaves, as destroying the handle does: the key is released when the
  /// body of lead() has returned, at once where there is none, and a campaign that waits ends with
  /// errc::shut_down. Completes within the request time-out; in an outage the release goes on in
  /// the background, and until it is done the key cannot be entered again. Cannot be cancelled.
  /// Leaving twice waits for the same.
  boost::asio::awaitable<void> leave();

 private:
  boost::asio::awaitable<end_reason> lead_with(
      std::function<boost::asio::awaitable<void>(term)> body);
  std::shared_ptr<impl::engine> engine_;
  std::shared_ptr<impl::participant> participant_;
};

}  // namespace tenure
