#include "sidecar/config/config.hpp"

#include "common/duration.hpp"

namespace tenure::sidecar {

std::string liveness_error(const std::optional<duration>& liveness) {
  using namespace std::chrono_literals;
  if (!liveness || (*liveness >= 500ms && *liveness <= 10min)) return {};
  return apps::to_text(*liveness) + " is out of range: choose 500ms to 10m, or leave it out";
}

std::string shutdown_error(const std::optional<duration>& shutdown) {
  using namespace std::chrono_literals;
  if (!shutdown || (*shutdown >= 1s && *shutdown <= 24h)) return {};
  return apps::to_text(*shutdown) + " is out of range: choose 1s to 24h";
}

}  // namespace tenure::sidecar
