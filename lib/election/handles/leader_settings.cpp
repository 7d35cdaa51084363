#include <tenure/leader_settings.hpp>
#include <utility>

#include "election/handles/empty_handle.hpp"
#include "election/settings/leader_settings_store.hpp"
#include "runtime/keep_alive.hpp"

namespace tenure {

namespace asio = boost::asio;

leader_settings::leader_settings(std::shared_ptr<impl::leader_settings_store> store) noexcept
    : store_(std::move(store)) {}
leader_settings::leader_settings(leader_settings&&) noexcept = default;
leader_settings& leader_settings::operator=(leader_settings&&) noexcept = default;
leader_settings::~leader_settings() = default;

asio::any_io_executor leader_settings::get_executor() const noexcept {
  return store_ ? store_->executor() : asio::any_io_executor();
}

const std::string& leader_settings::key() const noexcept {
  return store_ ? store_->key() : impl::no_text;
}

asio::awaitable<settings_snapshot> leader_settings::get() {
  if (!store_) return impl::refused<settings_snapshot>();
  return runtime::keep_alive(store_->get(), store_);
}

asio::awaitable<settings_snapshot> leader_settings::next() {
  if (!store_) return impl::refused<settings_snapshot>();
  return runtime::keep_alive(store_->next(), store_);
}

asio::awaitable<void> leader_settings::set(term by, changes wanted) {
  if (!store_) return impl::refused<void>();
  return runtime::keep_alive(store_->set(std::move(by), std::move(wanted)), store_);
}

error_code leader_settings::last_error() const noexcept {
  return store_ ? store_->last_error() : error_code();
}

}  // namespace tenure
