#include <tenure/observer.hpp>
#include <utility>

#include "election/handles/empty_handle.hpp"
#include "election/watching/leader_observer.hpp"
#include "runtime/keep_alive.hpp"

namespace tenure {

namespace asio = boost::asio;

observer::observer(std::shared_ptr<impl::leader_observer> state) noexcept
    : state_(std::move(state)) {}
observer::observer(observer&&) noexcept = default;
observer& observer::operator=(observer&&) noexcept = default;
observer::~observer() = default;

asio::any_io_executor observer::get_executor() const noexcept {
  return state_ ? state_->executor() : asio::any_io_executor();
}

asio::awaitable<leader> observer::next() {
  if (!state_) return impl::refused<leader>();
  return runtime::keep_alive(state_->next(state_), state_);
}

error_code observer::last_error() const noexcept {
  return state_ ? state_->last_error() : error_code();
}

}  // namespace tenure
