#include <tenure/elections.hpp>
#include <utility>

#include "election/engine.hpp"
#include "election/group/operators.hpp"
#include "election/handles/access.hpp"
#include "election/handles/empty_handle.hpp"
#include "election/queries.hpp"
#include "runtime/keep_alive.hpp"
#include "wire/http_client.hpp"

namespace tenure {

namespace asio = boost::asio;

namespace {

/// An engine on this computer: its clock, its timers, its network.
std::shared_ptr<impl::engine> system_engine(asio::any_io_executor executor, consul_config config,
                                            elections_options options) {
  auto environment =
      wire::make_system_environment(std::move(executor), config, options.log());
  return std::make_shared<impl::engine>(std::move(environment), std::move(config),
                                        std::move(options));
}

}  // namespace

elections::elections(asio::any_io_executor executor, consul_config config,
                     elections_options options)
    : engine_(system_engine(std::move(executor), std::move(config), std::move(options))) {}
elections::elections(consul_connections connections, elections_options options)
    : engine_(std::make_shared<impl::engine>(std::move(connections.shared_),
                                             std::move(options))) {}
elections::elections(std::shared_ptr<impl::engine> engine) noexcept : engine_(std::move(engine)) {}
elections::elections(elections&&) noexcept = default;

elections& elections::operator=(elections&& other) noexcept {
  if (this != &other) {
    if (engine_) engine_->shut_down_in_background();
    engine_ = std::move(other.engine_);
  }
  return *this;
}

elections::~elections() {
  if (engine_) engine_->shut_down_in_background();
}

asio::any_io_executor elections::get_executor() const noexcept {
  return engine_ ? engine_->shared()->env->executor : asio::any_io_executor();
}

void elections::check_not_empty() const {
  if (!engine_) impl::fail(errc::shut_down, impl::empty_handle);
}

election elections::enter(std::string key, candidacy how) {
  check_not_empty();
  return impl::access::election_of(engine_, engine_->enter(std::move(key), std::move(how)));
}

observer elections::observe(std::string key) {
  check_not_empty();
  return impl::access::observer_of(engine_->observe(std::move(key)));
}

leader_settings elections::settings_in(std::string key) {
  check_not_empty();
  return impl::access::settings_of(engine_->settings_in(std::move(key)));
}

kv elections::kv() const {
  check_not_empty();
  if (engine_->shared()->shutting_down) {
    impl::fail(errc::shut_down, "the elections object is shut down");
  }
  return impl::access::kv_of(engine_->shared());
}

group elections::join(std::string prefix, membership how) {
  check_not_empty();
  return impl::access::group_of(engine_->join(std::move(prefix), std::move(how)));
}

semaphore elections::contend(std::string prefix, std::size_t slots, candidacy how) {
  check_not_empty();
  return impl::access::semaphore_of(engine_->contend(std::move(prefix), slots, std::move(how)));
}

asio::awaitable<leader> elections::leader_of(std::string key) {
  if (!engine_) return impl::refused<leader>();
  return impl::leader_of(engine_->shared(), std::move(key));
}

asio::awaitable<std::vector<leader>> elections::leaders(std::string prefix) {
  if (!engine_) return impl::refused<std::vector<leader>>();
  return impl::leaders(engine_->shared(), std::move(prefix));
}

asio::awaitable<leader> elections::depose(std::string key) {
  if (!engine_) return impl::refused<leader>();
  return impl::depose(engine_->shared(), std::move(key));
}

asio::awaitable<group_report> elections::group_of(std::string prefix) {
  if (!engine_) return impl::refused<group_report>();
  return impl::group_of(engine_->shared(), std::move(prefix));
}

asio::awaitable<void> elections::drain(std::string prefix, std::string member) {
  if (!engine_) return impl::refused<void>();
  return impl::drain(engine_->shared(), std::move(prefix), std::move(member));
}

asio::awaitable<void> elections::undrain(std::string prefix, std::string member) {
  if (!engine_) return impl::refused<void>();
  return impl::undrain(engine_->shared(), std::move(prefix), std::move(member));
}

asio::awaitable<void> elections::pin(std::string prefix, std::string key, std::string member) {
  if (!engine_) return impl::refused<void>();
  return impl::pin(engine_->shared(), std::move(prefix), std::move(key), std::move(member));
}

asio::awaitable<void> elections::unpin(std::string prefix, std::string key, std::string member) {
  if (!engine_) return impl::refused<void>();
  return impl::unpin(engine_->shared(), std::move(prefix), std::move(key), std::move(member));
}

time_point elections::now() const {
  check_not_empty();
  return engine_->shared()->env->clock->now();
}

asio::awaitable<void> elections::sleep_until(time_point at) {
  if (!engine_) return impl::refused<void>();
  const auto& env = engine_->shared()->env;
  return runtime::keep_alive(runtime::sleep_until(*env->timers, at), env);
}

asio::awaitable<event> elections::next_event() {
  if (!engine_) return impl::refused<event>();
  return runtime::keep_alive(engine_->next_event(), engine_);
}

asio::awaitable<void> elections::ping() {
  if (!engine_) return impl::refused<void>();
  return impl::ping(engine_->shared());
}

asio::awaitable<void> elections::shut_down() {
  if (!engine_) return impl::nothing();
  return runtime::keep_alive(engine_->shut_down(), engine_);
}

}  // namespace tenure
