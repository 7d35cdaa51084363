// Log lines as JSON objects, for log collectors.
#pragma once

#include <memory>
#include <tenure/log.hpp>

namespace tenure::apps {

/// Writes one object per line through standard_error(): {"time":"...","level":"info","msg":"...",
/// fields...}. Numbers and booleans are written as such, bytes that are not UTF-8 as U+FFFD. Any
/// thread. Lines that nothing reads are dropped, as those of program_log().
std::shared_ptr<log_sink> json_log(log_level level);

}  // namespace tenure::apps
