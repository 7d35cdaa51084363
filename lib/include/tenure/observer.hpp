// Following an election from outside.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <tenure/error.hpp>
#include <tenure/leader.hpp>

namespace tenure {

namespace impl {
class leader_observer;
}

/// Follows who leads one election, without standing. Move-only; destroying it ends it. A moved-from
/// observer is empty: valid() is false, and next() throws errc::shut_down. Belongs to the thread of
/// the io_context.
class observer {
 public:
  explicit observer(std::shared_ptr<impl::leader_observer> state) noexcept;
  observer(observer&&) noexcept;
  observer& operator=(observer&&) noexcept;
  ~observer();

  bool valid() const noexcept { return state_ != nullptr; }
  explicit operator bool() const noexcept { return valid(); }

  /// The leader at once when first called, then whenever it changes (holder or value), newest
  /// state only. Nothing happens before it is awaited. Throws system_error (operation_aborted) when
  /// cancelled, errc::shut_down after a shut-down. While Consul cannot be read it waits:
  /// last_error() tells.
  boost::asio::awaitable<leader> next();
  /// Why the last read failed; none after a successful one.
  error_code last_error() const noexcept;

 private:
  std::shared_ptr<impl::leader_observer> state_;
};

}  // namespace tenure
