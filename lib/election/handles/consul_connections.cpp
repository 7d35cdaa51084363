#include <tenure/consul_connections.hpp>
#include <utility>

#include "election/connections.hpp"
#include "wire/http_client.hpp"

namespace tenure {

namespace asio = boost::asio;

namespace {

/// The connections of this computer: its clock, its timers, its network. Each elections object logs
/// to its own sink, and the connections log nothing.
std::shared_ptr<impl::connections> system_connections(asio::any_io_executor executor,
                                                      consul_config config) {
  auto environment = wire::make_system_environment(std::move(executor), config, silent_log());
  return std::make_shared<impl::connections>(std::move(environment), std::move(config));
}

}  // namespace

consul_connections::consul_connections(asio::any_io_executor executor, consul_config config)
    : shared_(system_connections(std::move(executor), std::move(config))) {}

asio::any_io_executor consul_connections::get_executor() const noexcept {
  return shared_->env->executor;
}

}  // namespace tenure
