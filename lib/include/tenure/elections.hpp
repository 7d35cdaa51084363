// All elections of a process.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>
#include <tenure/candidacy.hpp>
#include <tenure/consul_config.hpp>
#include <tenure/consul_connections.hpp>
#include <tenure/election.hpp>
#include <tenure/elections_options.hpp>
#include <tenure/error.hpp>
#include <tenure/event.hpp>
#include <tenure/leader.hpp>
#include <tenure/leader_settings.hpp>
#include <tenure/observer.hpp>
#include <tenure/semaphore.hpp>
#include <tenure/time.hpp>
#include <vector>

namespace tenure {

namespace impl {
class engine;
}

/// All elections of one process against one Consul, on one thread: that of the io_context. Shut it
/// down and run the io_context until that has completed; the destructor starts a shut-down in the
/// background if there was none. Handles may outlive it: they keep alive what they need. The
/// io_context must outlive all of them, unless the shut-down has completed.
///
/// A moved-from object is empty: valid() is false, and every operation throws errc::shut_down.
/// A function that returns an awaitable does nothing before it is awaited.
class elections {
 public:
  /// Throws bad_configuration for options that cannot work. Nothing is sent to Consul before
  /// something is entered, observed or asked.
  elections(boost::asio::any_io_executor executor, consul_config config,
            elections_options options = elections_options());
  /// On connections that it shares with other elections objects, see there.
  explicit elections(consul_connections connections,
                     elections_options options = elections_options());
  explicit elections(std::shared_ptr<impl::engine> engine) noexcept;
  elections(elections&&) noexcept;
  elections& operator=(elections&&) noexcept;
  ~elections();

  bool valid() const noexcept { return engine_ != nullptr; }
  explicit operator bool() const noexcept { return valid(); }

  /// Enters the election for `key` (not empty, no leading slash). Throws system_error, before
  /// anything is sent: bad_configuration (errc::bad_argument) for a key or a candidacy that cannot
  /// work, errc::already_entered where this process already stands for that key (two candidates on
  /// one session would both win), errc::shut_down. What Consul refuses is met later: by campaign(),
  /// by lead(), or by last_error() of a candidate that stands.
  election enter(std::string key, candidacy how);

  /// Who leads, read now from Consul. Throws system_error of consul_errc.
  boost::asio::awaitable<leader> leader_of(std::string key);
  /// Reads the leaders of all elections below a prefix, in the order of their keys. A released key
  /// has a leader that is not present(); a semaphore has one for each occupied slot, under
  /// `<prefix>/.lock`. Throws system_error of consul_errc.
  boost::asio::awaitable<std::vector<leader>> leaders(std::string prefix);
  observer observe(std::string key);

  /// A handle to the settings stored in `key`, by convention leader_settings::key_for(election),
  /// never the election's own key. Several handles may share a key.
  leader_settings settings_in(std::string key);

  /// A candidate for one of `slots` slots of the semaphore below `prefix` (no slash at either end).
  /// `how` means the same as for an election; its value is stored in this candidate's contender
  /// key. Throws bad_configuration.
  semaphore contend(std::string prefix, std::size_t slots, candidacy how);

  /// Releases the key on the holder's behalf, as an operator would, and returns the deposed leader.
  /// The published value stays, so successors wait until the holder's lease is over; the holder
  /// notices within milliseconds. Throws system_error: errc::not_leading where the key is not held,
  /// or of consul_errc.
  boost::asio::awaitable<leader> depose(std::string key);

  /// The next change of any election that stands. At most one change per election is pending, so
  /// the stream is bounded, and a slow reader sees the newest state. One reader. Throws
  /// errc::shut_down.
  boost::asio::awaitable<event> next_event();

  /// Completes if Consul answers and has a raft leader. Throws system_error of consul_errc.
  boost::asio::awaitable<void> ping();

  /// Resigns every term (bodies are cancelled and awaited), releases every key, destroys the
  /// sessions, and ends every task. Cannot be cancelled. Idempotent. Completes within about the
  /// longest stop budget plus the request time-out, even if Consul is unreachable.
  boost::asio::awaitable<void> shut_down();

 private:
  void check_not_empty() const;
  std::shared_ptr<impl::engine> engine_;
};

}  // namespace tenure
