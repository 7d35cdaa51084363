// A process that a leader started: it proves the leader's leadership, and writes the leader's
// settings under its guard.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>
#include <tenure/consul_config.hpp>
#include <tenure/error.hpp>
#include <tenure/leader_settings.hpp>
#include <tenure/time.hpp>

namespace tenure {

namespace impl {
class delegate_state;
}

/// What one proof of a leadership found. Plain values.
class leadership_proof {
 public:
  /// Whether the session held the key.
  bool leads = false;
  /// The holder's span; zero if the session is not one of tenure's: then a successor may start at
  /// any time, and nothing is guaranteed.
  duration span{0};
  /// How long a lease of that span lasts.
  duration lease{0};
  /// Until when no other process leads, by this computer's boot clock, whatever happens to the
  /// session. Meaningful if the session leads and has a span.
  time_point valid_until{};
};

/// Acts for the holder of an election's key in another process of the same computer or of another
/// one: `key` and `session` come from the holder's term, by arguments or by the environment.
///
/// The holder must not release its key while its delegate acts: it waits for the process that it
/// started. One thread: the executor's. Must outlive its operations. Those throw system_error of
/// consul_errc when a request fails, and operation_aborted when cancelled (terminal).
class delegate {
 public:
  /// `session`: empty for a process whose parent does not lead. Then it can still read the
  /// settings. `settings_key`: where the settings are; empty: leader_settings::key_for(key).
  delegate(boost::asio::any_io_executor executor, consul_config config, std::string key,
           std::string session, std::string settings_key = {});
  delegate(delegate&&) noexcept;
  delegate& operator=(delegate&&) noexcept;
  ~delegate();

  /// Whether the session holds the key: one consistent read.
  boost::asio::awaitable<bool> leads();
  /// The same, and until when that is guaranteed: a second read, of the session.
  boost::asio::awaitable<leadership_proof> prove();

  /// The settings, read now. Throws errc::bad_argument if the key holds something else.
  boost::asio::awaitable<settings_snapshot> settings();
  /// Stores all changes, of which an empty value removes its setting, or none. Consul executes it
  /// only if the session still holds the key. Throws errc::not_leading (nothing happened),
  /// errc::bad_argument (the key holds something that is not settings), errc::refused (the settings
  /// were changed by another writer again and again for ten seconds; nothing happened).
  boost::asio::awaitable<void> set(leader_settings::changes changes);

 private:
  std::unique_ptr<impl::delegate_state> state_;
};

}  // namespace tenure
