// A process that a leader started: it proves the leader's leadership, and writes the leader's
// settings under its guard.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>
#include <tenure/completion.hpp>
#include <tenure/consul_config.hpp>
#include <tenure/error.hpp>
#include <tenure/leader_settings.hpp>
#include <tenure/time.hpp>
#include <utility>

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
/// consul_errc when a request fails, and operation_aborted when cancelled (terminal). The twins
/// `async_...` take a completion token instead: see <tenure/completion.hpp>.
class delegate {
 public:
  using executor_type = boost::asio::any_io_executor;  ///< of get_executor()

  /// `session`: empty for a process whose parent does not lead. Then it can still read the
  /// settings. `settings_key`: where the settings are; empty: leader_settings::key_for(key). Throws
  /// bad_configuration for a token that cannot be sent.
  delegate(boost::asio::any_io_executor executor, consul_config config, std::string key,
           std::string session, std::string settings_key = {});
  delegate(delegate&&) noexcept;  ///< the other one is then empty
  /// Ends the operations of this one, as the destructor does.
  delegate& operator=(delegate&&) noexcept;
  ~delegate();

  /// The executor that the constructor was given; an empty any_io_executor if it was moved from.
  /// Then every operation throws errc::shut_down.
  [[nodiscard]] executor_type get_executor() const noexcept;

  /// Whether the session holds the key: one consistent read.
  [[nodiscard]] boost::asio::awaitable<bool> leads();
  /// The same, completed with `void(error_code, bool)`.
  template <completes_with<bool> Token = default_token>
  [[nodiscard]] auto async_leads(Token&& token = Token()) {
    return impl::async_run<error_code>(get_executor(), leads(),
                                       std::forward<Token>(token));
  }
  /// The same, and until when that is guaranteed: a second read, of the session.
  [[nodiscard]] boost::asio::awaitable<leadership_proof> prove();
  /// The same, completed with `void(error_code, leadership_proof)`.
  template <completes_with<leadership_proof> Token = default_token>
  [[nodiscard]] auto async_prove(Token&& token = Token()) {
    return impl::async_run<error_code>(get_executor(), prove(),
                                       std::forward<Token>(token));
  }

  /// The settings, read now. Throws errc::bad_argument if the key holds something else.
  [[nodiscard]] boost::asio::awaitable<settings_snapshot> settings();
  /// The same, completed with `void(error_code, settings_snapshot)`.
  template <completes_with<settings_snapshot> Token = default_token>
  [[nodiscard]] auto async_settings(Token&& token = Token()) {
    return impl::async_run<error_code>(get_executor(), settings(),
                                       std::forward<Token>(token));
  }
  /// Stores all changes, of which an empty value removes its setting, or none. Consul executes it
  /// only if the session still holds the key. Throws errc::not_leading (nothing happened),
  /// errc::bad_argument (the key holds something that is not settings), errc::refused (the settings
  /// were changed by another writer again and again for ten seconds; nothing happened),
  /// errc::outcome_unknown (an answer was lost, and within ten seconds no read told whether the
  /// changes are stored).
  [[nodiscard]] boost::asio::awaitable<void> set(leader_settings::changes changes);
  /// The same, completed with `void(error_code)`.
  template <completes_with<void> Token = default_token>
  [[nodiscard]] auto async_set(leader_settings::changes changes, Token&& token = Token()) {
    return impl::async_run<error_code>(get_executor(), set(std::move(changes)),
                                       std::forward<Token>(token));
  }

 private:
  impl::delegate_state& state() const;
  std::unique_ptr<impl::delegate_state> state_;
};

}  // namespace tenure
