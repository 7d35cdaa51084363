#include "sidecar/main/context.hpp"

namespace tenure::sidecar {

std::shared_ptr<const output_environment> context::environment() {
  if (!environment_) {
    auto made = std::make_shared<output_environment>();
    made->executor = executor;
    made->timers = runtime::system_timers(executor);
    made->log = log;
    made->outages = outages;
    environment_ = std::move(made);
  }
  return environment_;
}

std::shared_ptr<agent_services> context::services() {
  if (!services_) services_ = std::make_shared<agent_services>(executor, consul, metrics);
  return services_;
}

}  // namespace tenure::sidecar
