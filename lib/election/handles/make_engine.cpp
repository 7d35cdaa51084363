#include "election/handles/make_engine.hpp"

#include <utility>

#include "election/engine.hpp"
#include "wire/http_client.hpp"

namespace tenure::impl {

std::shared_ptr<engine> make_engine(boost::asio::any_io_executor executor, consul_config config,
                                       elections_options options) {
  auto env = wire::make_system_environment(std::move(executor), config, options.log);
  return std::make_shared<engine>(std::move(env), std::move(config), std::move(options));
}

}  // namespace tenure::impl
