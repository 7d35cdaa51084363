#include <tenure/group.hpp>
#include <utility>

#include "election/engine.hpp"
#include "election/group/group_core.hpp"
#include "election/handles/access.hpp"
#include "election/handles/empty_handle.hpp"
#include "runtime/keep_alive.hpp"

namespace tenure {

namespace asio = boost::asio;

group::group(std::shared_ptr<impl::group_core> core) noexcept : core_(std::move(core)) {}
group::group(group&&) noexcept = default;

group& group::operator=(group&& other) noexcept {
  if (this != &other) {
    if (core_) core_->leave_in_background();
    core_ = std::move(other.core_);
  }
  return *this;
}

group::~group() {
  if (core_) core_->leave_in_background();
}

asio::any_io_executor group::get_executor() const noexcept {
  return core_ ? core_->executor() : asio::any_io_executor();
}

const std::string& group::prefix() const noexcept {
  return core_ ? core_->prefix() : impl::no_text;
}

election group::enter(std::string key) {
  if (!core_) impl::fail(errc::shut_down, impl::empty_handle);
  auto entered = core_->enter(std::move(key));
  auto engine = std::static_pointer_cast<impl::engine>(core_->owner());
  return impl::access::election_of(std::move(engine), std::move(entered));
}

std::vector<group_member_status> group::members() const {
  return core_ ? core_->members() : std::vector<group_member_status>();
}

asio::awaitable<void> group::changed() {
  if (!core_) return impl::refused<void>();
  return runtime::keep_alive(core_->changed(), core_);
}

error_code group::last_error() const noexcept {
  return core_ ? core_->last_error() : error_code();
}

void group::set_weight(std::uint32_t weight) {
  if (!core_) impl::fail(errc::shut_down, impl::empty_handle);
  core_->set_weight(weight);
}

void group::set_capacity(std::optional<std::uint32_t> most) {
  if (!core_) impl::fail(errc::shut_down, impl::empty_handle);
  core_->set_capacity(most);
}

void group::set_labels(std::map<std::string, std::string> all) {
  if (!core_) impl::fail(errc::shut_down, impl::empty_handle);
  core_->set_labels(std::move(all));
}

void group::set_busy(bool busy) {
  if (!core_) impl::fail(errc::shut_down, impl::empty_handle);
  core_->set_busy(busy);
}

asio::awaitable<void> group::leave() {
  if (!core_) return impl::nothing();
  return runtime::keep_alive(core_->leave(), core_);
}

}  // namespace tenure
