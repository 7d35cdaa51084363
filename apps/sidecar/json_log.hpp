// Log lines as JSON objects, for whoever collects them.
#pragma once

#include <memory>
#include <tenure/log.hpp>

namespace tenure::sidecar {

/// One object a line on standard error: {"time":"...","level":"info","msg":"...", fields...}. Any
/// thread.
std::shared_ptr<log_sink> json_log(log_level level);

}  // namespace tenure::sidecar
