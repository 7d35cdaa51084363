#include "testing/simulated_process.hpp"

#include <utility>

#include "election/handles/access.hpp"

namespace tenure::testing {
namespace {

std::shared_ptr<impl::engine> make_engine(manual_runtime& runtime, manual_loop& loop,
                                          std::shared_ptr<runtime::transport> transport,
                                          elections_options options, consul_config config) {
  auto env = std::make_shared<runtime::environment>(*runtime.environment());
  env->executor = loop.executor();
  env->timers = loop.timers();
  env->transport = std::move(transport);
  env->log = options.log();
  return std::make_shared<impl::engine>(std::move(env), std::move(config), std::move(options));
}

}  // namespace

simulated_process::simulated_process(manual_runtime& runtime, manual_loop& on,
                                     in_process_agent& server, elections_options options,
                                     consul_config config)
    : loop(on),
      transport(std::make_shared<handler_transport>(*on.timers(), server)),
      engine(make_engine(runtime, on, transport, std::move(options), std::move(config))) {
  elections.emplace(impl::access::elections_of(engine));
}

}  // namespace tenure::testing
