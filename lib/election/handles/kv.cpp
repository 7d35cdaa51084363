#include <tenure/kv.hpp>
#include <utility>

#include "election/context.hpp"
#include "election/handles/empty_handle.hpp"
#include "election/key_values.hpp"

namespace tenure {

namespace asio = boost::asio;

kv::kv(std::shared_ptr<impl::context> shared) noexcept : shared_(std::move(shared)) {}

asio::any_io_executor kv::get_executor() const noexcept {
  return shared_ ? shared_->env->executor : asio::any_io_executor();
}

asio::awaitable<std::optional<stored_key>> kv::get(std::string key) {
  if (!shared_) return impl::refused<std::optional<stored_key>>();
  return impl::read_key(shared_, std::move(key));
}

asio::awaitable<std::vector<stored_key>> kv::get_all(std::vector<std::string> keys) {
  if (!shared_) return impl::refused<std::vector<stored_key>>();
  return impl::read_keys(shared_, std::move(keys));
}

asio::awaitable<stored_keys> kv::list(std::string prefix) {
  if (!shared_) return impl::refused<stored_keys>();
  return impl::list_keys(shared_, std::move(prefix));
}

asio::awaitable<stored_keys> kv::watch_below(std::string prefix, std::uint64_t index,
                                             duration wait) {
  if (!shared_) return impl::refused<stored_keys>();
  return impl::watch_keys(shared_, std::move(prefix), index, wait);
}

asio::awaitable<bool> kv::set_if(std::string key, std::string value, std::uint64_t index,
                                 std::uint64_t flags) {
  if (!shared_) return impl::refused<bool>();
  consul::txn_op what = consul::txn_op::cas(std::move(key), std::move(value), index, flags);
  return impl::write_key(shared_, std::move(what));
}

asio::awaitable<bool> kv::remove_if(std::string key, std::uint64_t index) {
  if (!shared_) return impl::refused<bool>();
  return impl::remove_key(shared_, std::move(key), index);
}

}  // namespace tenure
