// The library's door: the elections that one process stands in.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tenure/candidacy.hpp>
#include <tenure/consul_config.hpp>
#include <tenure/error.hpp>
#include <tenure/leader.hpp>
#include <tenure/log.hpp>
#include <tenure/semaphore.hpp>
#include <tenure/leader_settings.hpp>
#include <tenure/standing.hpp>
#include <tenure/term.hpp>
#include <tenure/time.hpp>
#include <utility>
#include <vector>

namespace tenure {

namespace impl {
class engine;
class participant;
class leader_observer;
}  // namespace impl

/// The newest state of one election. Plain values.
class event {
 public:
  std::string key;
  tenure::standing standing = tenure::standing::watching;
  tenure::term term;                      ///< while leading or stopping
  end_reason reason = end_reason::none;   ///< why the last term ended, while not leading
  tenure::leader leader;                  ///< who holds the key, as last seen
  time_point starts_at{};                 ///< while pending: when the term will start
  std::uint64_t missed = 0;  ///< states of this election that were overtaken before they were read
};

/// Follows who leads one election, without standing. Move-only; destroying it ends it. Must not
/// outlive a wait of its own.
class observer {
 public:
  explicit observer(std::shared_ptr<impl::leader_observer> state) noexcept;
  observer(observer&&) noexcept;
  observer& operator=(observer&&) noexcept;
  ~observer();

  /// The leader at once when first called, then whenever it changes (holder or value), newest
  /// state only. Throws system_error (operation_aborted) when cancelled, errc::shut_down after a
  /// shut-down. While Consul cannot be read it waits: last_error() tells.
  boost::asio::awaitable<leader> next();
  /// Why the last read failed; none after a successful one.
  error_code last_error() const noexcept;

 private:
  std::shared_ptr<impl::leader_observer> state_;
};

/// This process's place in one election, from elections::enter. Move-only. Destroying it leaves:
/// the term ends, the key is released in the background.
class election {
 public:
  election(std::shared_ptr<impl::engine> engine, std::shared_ptr<impl::participant> participant) noexcept;
  election(election&&) noexcept;
  election& operator=(election&&) noexcept;
  ~election();

  const std::string& key() const noexcept;

  /// Stands until it wins, and returns the term. Cancellation (terminal) withdraws: an acquisition
  /// in flight is released when its outcome is known. Throws system_error: errc::shut_down
  /// (also after leave()), errc::already_entered where another campaign of this election waits or
  /// the last term was not resigned, operation_aborted, and what will not go away by itself
  /// (error_kind::fatal), such as
  /// consul_errc::forbidden.
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

  /// Stands from now on, again after each term (once resign() was called), and tells it by
  /// elections::next_event and current().
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
  boost::asio::awaitable<void> leave();

 private:
  boost::asio::awaitable<end_reason> lead_with(
      std::function<boost::asio::awaitable<void>(term)> body);
  std::shared_ptr<impl::engine> engine_;
  std::shared_ptr<impl::participant> participant_;
};

/// What is common to all elections of a process.
class elections_options {
 public:
  /// What Consul and its operators see as the sessions' name.
  std::string name = "tenure";
  /// Over how many sessions the elections of one kind are spread: a lost session ends the terms of
  /// its share only.
  std::size_t sessions = 1;
  /// How soon a crash of this process shall be seen, 500 ms to 10 min; nothing: by the session's
  /// TTL, which takes 20 s at the least. With it the process registers a service (called `name`)
  /// with a TTL check at the agent of its machine, binds its sessions to that check and keeps it
  /// passing. A successor leads a liveness and a span after the crash. The lease is no shorter and
  /// no longer for it. Needs Consul 1.7 or later, and `service:write` for `name` where ACLs are on.
  /// Semaphores' sessions are not bound.
  std::optional<duration> liveness;
  /// How long one blocking query lasts, 15 s to 60 s.
  duration wait = std::chrono::seconds(30);
  std::shared_ptr<log_sink> log = silent_log();
};

/// All elections of one process against one Consul, on one thread: that of the io_context. Shut it
/// down and run the io_context until that has completed; destroying it without starts the same in
/// the background.
class elections {
 public:
  elections(boost::asio::any_io_executor executor, consul_config config,
            elections_options options = elections_options());
  explicit elections(std::shared_ptr<impl::engine> engine) noexcept;
  elections(elections&&) noexcept;
  elections& operator=(elections&&) noexcept;
  ~elections();

  /// Enters the election for `key` (not empty, no leading slash). Throws bad_configuration for a
  /// candidacy that cannot work, system_error(errc::already_entered) where this process already
  /// stands for that key: two candidates on one session would both win.
  election enter(std::string key, candidacy how);

  /// Who leads, read now from Consul. Throws system_error of consul_errc.
  boost::asio::awaitable<leader> leader_of(std::string key);
  /// Who leads what below a prefix, read now: a leader for every key that is locked or that a lock
  /// left free (not present() then), in order of the keys; for a semaphore one for each slot that
  /// is taken, under `<prefix>/.lock`. Throws system_error of consul_errc.
  boost::asio::awaitable<std::vector<leader>> leaders(std::string prefix);
  observer observe(std::string key);

  /// The leader's settings that are kept in `key`, which is not the election's own:
  /// settings::key_for(election) where nothing else is agreed on. Any number of them for a key.
  leader_settings settings_in(std::string key);

  /// A candidate for one of `slots` slots of the semaphore below `prefix` (no slash at either end).
  /// How it stands is as in an election; the value is what its own key says. Throws
  /// bad_configuration.
  semaphore contend(std::string prefix, std::size_t slots, candidacy how);

  /// Takes the lock from its holder, as an operator does, and returns who that was. The published
  /// value stays, so successors wait until the holder's lease is over; the holder notices within
  /// milliseconds. Throws system_error: errc::not_leading where nobody holds the key, or of
  /// consul_errc.
  boost::asio::awaitable<leader> depose(std::string key);

  /// The next change of any election that stands: one pending slot an election, so the stream is
  /// bounded, and a slow reader sees the newest state. One reader. Throws errc::shut_down.
  boost::asio::awaitable<event> next_event();

  /// Whether Consul answers and has a leader. Throws system_error of consul_errc.
  boost::asio::awaitable<void> ping();

  /// Resigns every term (bodies are cancelled and awaited), releases every key, destroys the
  /// sessions, and ends every task. Cannot be cancelled. Idempotent. Completes within about the
  /// longest stop budget plus the request time-out, Consul or no Consul.
  boost::asio::awaitable<void> shut_down();

 private:
  std::shared_ptr<impl::engine> engine_;
};

}  // namespace tenure
