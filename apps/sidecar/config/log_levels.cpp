#include "sidecar/config/log_levels.hpp"

#include <string>
#include <tenure/bad_configuration.hpp>
#include <tenure/toolkit/ascii.hpp>

namespace tenure::sidecar {

log_level parse_logrus_level(std::string_view name) {
  const std::string level = text::lower(name);
  if (level == "warning") return log_level::warn;
  if (level == "panic" || level == "fatal") return log_level::error;
  try {
    return parse_log_level(level);
  } catch (const bad_configuration&) {
    throw bad_configuration("'" + std::string(name) +
                            "' is no level: use panic, fatal, error, warn or warning, info, "
                            "debug or trace");
  }
}

}  // namespace tenure::sidecar
