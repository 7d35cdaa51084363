#include "sidecar/main/context.hpp"

#include "wire/http_client.hpp"

namespace tenure::sidecar {

std::shared_ptr<const runtime::environment> context::environment() {
  if (!environment_) environment_ = wire::make_system_environment(executor, consul, log);
  return environment_;
}

}  // namespace tenure::sidecar
