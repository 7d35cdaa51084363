// The log of a program: lines on standard error that never block it.
#pragma once

#include <memory>
#include <tenure/log.hpp>

namespace tenure::apps {

/// Lines as those of stderr_log(), through standard_error(). If nothing reads them, lines are
/// dropped, and a later line says how many: "log lines dropped".
std::shared_ptr<log_sink> program_log(log_level level);

}  // namespace tenure::apps
