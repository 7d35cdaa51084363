// Keys of Consul's KV store that are no elections: the state that a program keeps beside them. What
// only a leader may write goes through term::write() instead.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <tenure/completion.hpp>
#include <tenure/error.hpp>
#include <tenure/time.hpp>
#include <utility>
#include <vector>

namespace tenure {

namespace impl {
class access;
struct context;
}  // namespace impl

/// A key as Consul stores it.
class stored_key {
 public:
  std::string key;                 ///< its whole name
  std::string value;               ///< decoded: any bytes
  std::string session;             ///< that locks it; empty if none does
  std::uint64_t flags = 0;         ///< a number of the writer's; Consul does not read it
  std::uint64_t create_index = 0;  ///< of the write that made the key
  std::uint64_t modify_index = 0;  ///< that of the last write: what set_if() compares
};

/// The keys below a prefix at one moment, in the order of their names.
class stored_keys {
 public:
  /// For watch_below(): Consul answers once something below the prefix has a greater one.
  std::uint64_t index = 0;
  std::vector<stored_key> keys;  ///< in the order of their names
};

/// Reads and writes of keys with the access, the connections and the limits of an elections object,
/// from elections::kv(). Cheap to copy; belongs to the thread of the io_context. A default-made
/// handle is empty: its operations throw errc::shut_down, as all do once a shut-down has begun.
///
/// All operations throw system_error: of consul_errc, with a line that names the request and the
/// address; errc::shut_down; operation_aborted when cancelled (terminal). After a cancellation and
/// after consul_errc::outcome_unknown a write may have happened or not: read the key. A key and a
/// prefix must not begin with a slash (consul_errc::bad_request). A value has at most 384,000
/// bytes.
///
/// A list does not contain what the token may not read, and does not say so.
class kv {
 public:
  using executor_type = boost::asio::any_io_executor;  ///< of get_executor()

  kv() = default;  ///< an empty handle

  /// False: made by default, or moved from.
  [[nodiscard]] bool valid() const noexcept { return shared_ != nullptr; }
  [[nodiscard]] executor_type get_executor() const noexcept;  ///< on which its operations run

  /// Reads a key linearizably (?consistent): the answer contains every write that had completed
  /// before the call. Nothing if there is no such key.
  [[nodiscard]] boost::asio::awaitable<std::optional<stored_key>> get(std::string key);
  /// The same, completed with `void(error_code, std::optional<stored_key>)`.
  template <completes_with<std::optional<stored_key>> Token = default_token>
  [[nodiscard]] auto async_get(std::string key, Token&& token = Token()) {
    return impl::async_run<error_code>(get_executor(), get(std::move(key)),
                                       std::forward<Token>(token));
  }
  /// Reads many keys linearizably, in transactions of up to 64. Those that exist, in the order
  /// asked. Each transaction shows its keys at one moment, two of them at two moments.
  [[nodiscard]] boost::asio::awaitable<std::vector<stored_key>> get_all(
      std::vector<std::string> keys);
  /// The same, completed with `void(error_code, std::vector<stored_key>)`.
  template <completes_with<std::vector<stored_key>> Token = default_token>
  [[nodiscard]] auto async_get_all(std::vector<std::string> keys, Token&& token = Token()) {
    return impl::async_run<error_code>(get_executor(), get_all(std::move(keys)),
                                       std::forward<Token>(token));
  }
  /// Reads all keys below a prefix linearizably, in one request.
  [[nodiscard]] boost::asio::awaitable<stored_keys> list(std::string prefix);
  /// The same, completed with `void(error_code, stored_keys)`.
  template <completes_with<stored_keys> Token = default_token>
  [[nodiscard]] auto async_list(std::string prefix, Token&& token = Token()) {
    return impl::async_run<error_code>(get_executor(), list(std::move(prefix)),
                                       std::forward<Token>(token));
  }
  /// A blocking query: completes when something below the prefix has an index greater than `index`,
  /// or after `wait` (1 s to 10 min) and up to a sixteenth more. With the index of the answer a
  /// loop misses no change, though it may miss states in between. An index of 0 is answered at
  /// once. An answer with a smaller index than the last means that Consul was restored: go on with
  /// it. Not linearizable.
  [[nodiscard]] boost::asio::awaitable<stored_keys> watch_below(std::string prefix,
                                                                std::uint64_t index,
                                                                duration wait);
  /// The same, completed with `void(error_code, stored_keys)`.
  template <completes_with<stored_keys> Token = default_token>
  [[nodiscard]] auto async_watch_below(std::string prefix, std::uint64_t index, duration wait,
                                       Token&& token = Token()) {
    return impl::async_run<error_code>(get_executor(), watch_below(std::move(prefix), index, wait),
                                       std::forward<Token>(token));
  }

  /// Writes the key where its ModifyIndex is `index`; 0: where there is no such key. False if it
  /// was not: nothing happened.
  [[nodiscard]] boost::asio::awaitable<bool> set_if(std::string key, std::string value,
                                                    std::uint64_t index, std::uint64_t flags = 0);
  /// The same, completed with `void(error_code, bool)`.
  template <completes_with<bool> Token = default_token>
  [[nodiscard]] auto async_set_if(std::string key, std::string value, std::uint64_t index,
                                  std::uint64_t flags = 0, Token&& token = Token()) {
    return impl::async_run<error_code>(get_executor(),
                                       set_if(std::move(key), std::move(value), index, flags),
                                       std::forward<Token>(token));
  }
  /// Removes the key where its ModifyIndex is `index`. False if it was not: nothing happened.
  [[nodiscard]] boost::asio::awaitable<bool> remove_if(std::string key, std::uint64_t index);
  /// The same, completed with `void(error_code, bool)`.
  template <completes_with<bool> Token = default_token>
  [[nodiscard]] auto async_remove_if(std::string key, std::uint64_t index,
                                     Token&& token = Token()) {
    return impl::async_run<error_code>(get_executor(), remove_if(std::move(key), index),
                                       std::forward<Token>(token));
  }

 private:
  friend class impl::access;
  explicit kv(std::shared_ptr<impl::context> shared) noexcept;

  std::shared_ptr<impl::context> shared_;
};

}  // namespace tenure
