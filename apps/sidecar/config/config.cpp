#include "sidecar/config/config.hpp"

#include "common/duration.hpp"

namespace tenure::sidecar {

std::string liveness_error(const std::optional<duration>& liveness) {
  using namespace std::chrono_literals;
  if (!liveness || (*liveness >= 500ms && *liveness <= 10min)) return {};
  return apps::to_text(*liveness) + " is out of range: choose 500ms to 10m, or leave it out";
}

}  // namespace tenure::sidecar
