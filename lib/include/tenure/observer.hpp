// Following an election from outside.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <tenure/completion.hpp>
#include <tenure/error.hpp>
#include <tenure/leader.hpp>
#include <utility>

namespace tenure {

namespace impl {
class access;
class leader_observer;
}  // namespace impl

/// Follows who leads one election, without standing. Move-only; destroying it ends it. A moved-from
/// observer is empty: valid() is false, and next() throws errc::shut_down. Belongs to the thread of
/// the io_context.
class observer {
 public:
  using executor_type = boost::asio::any_io_executor;  ///< of get_executor()

  observer(observer&&) noexcept;             ///< the other one is then empty: valid() is false
  observer& operator=(observer&&) noexcept;  ///< first does what the destructor does
  ~observer();

  [[nodiscard]] bool valid() const noexcept { return state_ != nullptr; }  ///< false: moved from
  explicit operator bool() const noexcept { return valid(); }              ///< the same as valid()
  /// The executor of the elections object; an empty any_io_executor if the observer is empty.
  [[nodiscard]] executor_type get_executor() const noexcept;

  /// The leader at once when first called, then whenever it changes (holder or value), newest
  /// state only. Nothing happens before it is awaited. Throws system_error (operation_aborted) when
  /// cancelled (terminal), errc::shut_down after a shut-down. While Consul cannot be read it waits,
  /// and last_error() says why.
  [[nodiscard]] boost::asio::awaitable<leader> next();
  /// The same, completed with `void(error_code, leader)`.
  template <completes_with<leader> Token = default_token>
  [[nodiscard]] auto async_next(Token&& token = Token()) {
    return impl::async_run<error_code>(get_executor(), next(), std::forward<Token>(token));
  }
  /// Why the last read failed; none after a successful one.
  [[nodiscard]] error_code last_error() const noexcept;

 private:
  friend class impl::access;
  explicit observer(std::shared_ptr<impl::leader_observer> state) noexcept;
  std::shared_ptr<impl::leader_observer> state_;
};

}  // namespace tenure
