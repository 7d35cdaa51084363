// The leader's settings: a small bucket of names and values that everybody reads and that only the
// leader of an election can write.
//
// All of them are kept in one key, as a JSON object of strings: a reader sees all changes of one
// set() or none of them, one watch covers all settings, the ModifyIndex identifies each state, and
// `consul kv get KEY | jq .` reads it. It has room for 384,000 bytes, like the value of an
// election.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tenure/completion.hpp>
#include <tenure/error.hpp>
#include <tenure/term.hpp>
#include <utility>

namespace tenure {

namespace impl {
class access;
class leader_settings_store;
}  // namespace impl

/// All settings at one moment. Plain values.
class settings_snapshot {
 public:
  /// Tells snapshots apart, and grows with every change; 0 where nothing was ever set.
  std::uint64_t index = 0;
  std::map<std::string, std::string> values;  ///< by name

  /// The value of that name; nullptr where it is not set.
  [[nodiscard]] const std::string* find(const std::string& name) const {
    const auto found = values.find(name);
    return found == values.end() ? nullptr : &found->second;
  }
  /// Reads the value of a settings key: a JSON object of strings with unique names, or an empty
  /// text. Nothing if it is something else. The index is 0: the text does not have it.
  static std::optional<settings_snapshot> parse(std::string text);
  /// The values as JSON, sorted by name. Names and values must be UTF-8.
  std::string text() const;

  /// Equal in values and index.
  friend bool operator==(const settings_snapshot&, const settings_snapshot&) = default;
};

/// The settings in one key, from elections::settings_in(). Move-only. Belongs to the thread of the
/// io_context. A moved-from object is empty: valid() is false, its key is empty, and its operations
/// throw errc::shut_down, as all do after the elections object was shut down. Nothing happens
/// before an awaitable is awaited. Its twin `async_...` takes a completion token instead: see
/// <tenure/completion.hpp>.
class leader_settings {
 public:
  using executor_type = boost::asio::any_io_executor;  ///< of get_executor()
  /// Names and their new values; an empty value removes the name.
  using changes = std::map<std::string, std::string>;

  /// The key that goes by itself with an election's: `<key>.settings`.
  [[nodiscard]] static std::string key_for(const std::string& election_key) {
    return election_key + ".settings";
  }

  leader_settings(leader_settings&&) noexcept;  ///< the other one is then empty: valid() is false
  /// First does what the destructor does.
  leader_settings& operator=(leader_settings&&) noexcept;
  ~leader_settings();

  [[nodiscard]] bool valid() const noexcept { return store_ != nullptr; }  ///< false: moved from
  explicit operator bool() const noexcept { return valid(); }              ///< the same as valid()
  /// The executor of the elections object; an empty any_io_executor if the handle is empty.
  [[nodiscard]] executor_type get_executor() const noexcept;

  /// In which the settings are; empty: a moved-from object.
  [[nodiscard]] const std::string& key() const noexcept;

  /// All settings, read now. Throws system_error of consul_errc; errc::bad_argument where the key
  /// holds something that is no settings.
  [[nodiscard]] boost::asio::awaitable<settings_snapshot> get();
  /// The same, completed with `void(error_code, settings_snapshot)`.
  template <completes_with<settings_snapshot> Token = default_token>
  [[nodiscard]] auto async_get(Token&& token = Token()) {
    return impl::async_run<error_code>(get_executor(), get(), std::forward<Token>(token));
  }

  /// All settings at once when first called, then whenever they have changed, newest state only.
  /// Throws operation_aborted when cancelled (terminal), errc::shut_down after a shut-down. A value
  /// that is not settings is skipped, and last_error() reports it, as it does for Consul's errors.
  [[nodiscard]] boost::asio::awaitable<settings_snapshot> next();
  /// The same, completed with `void(error_code, settings_snapshot)`.
  template <completes_with<settings_snapshot> Token = default_token>
  [[nodiscard]] auto async_next(Token&& token = Token()) {
    return impl::async_run<error_code>(get_executor(), next(), std::forward<Token>(token));
  }
  /// Why the last read of the settings failed; none after a success.
  [[nodiscard]] error_code last_error() const noexcept;

  /// Sets all that is `wanted` in one transaction, or none of them, and leaves the others as they
  /// are. Consul carries it out only if `by` still holds its key: it refuses a deposed leader,
  /// however late the request arrives. When it completes, the values are stored. It may be
  /// cancelled (terminal): whether it was carried out is then not known.
  ///
  /// Throws system_error: errc::not_leading (nothing happened), errc::outcome_unknown (the term
  /// ended before the answer), errc::bad_argument (no changes, an empty name, what is not UTF-8,
  /// too much of it, or a key that holds something else, which stays as it is), or of consul_errc.
  [[nodiscard]] boost::asio::awaitable<void> set(term by, changes wanted);
  /// The same, completed with `void(error_code)`.
  template <completes_with<void> Token = default_token>
  [[nodiscard]] auto async_set(term by, changes wanted, Token&& token = Token()) {
    return impl::async_run<error_code>(get_executor(), set(std::move(by), std::move(wanted)),
                                       std::forward<Token>(token));
  }

 private:
  friend class impl::access;
  explicit leader_settings(std::shared_ptr<impl::leader_settings_store> store) noexcept;
  std::shared_ptr<impl::leader_settings_store> store_;
};

}  // namespace tenure
