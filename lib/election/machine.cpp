#include "election/machine.hpp"

#include <utility>

#include "election/engine.hpp"
#include "wire/http_client.hpp"

namespace tenure::impl {

std::shared_ptr<engine> machine_engine(boost::asio::any_io_executor executor, consul_config config,
                                       elections_options options) {
  auto services = wire::make_machine_services(std::move(executor), config, options.log);
  return std::make_shared<engine>(std::move(services), std::move(config), std::move(options));
}

}  // namespace tenure::impl
