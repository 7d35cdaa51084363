// Log lines through spdlog. Link tenure::spdlog (find_package(tenure COMPONENTS spdlog)).
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <tenure/log.hpp>

namespace spdlog {
class logger;
}

namespace tenure {

/// Lines on standard error: `time level message key=value ...`. Thread-safe. write() returns when
/// the line is written; do not call it in a signal handler.
std::shared_ptr<log_sink> stderr_log(log_level level);

/// The lines of stderr_log(), each with its line break, for a writer of yours, such as one that
/// must not block. `write` is called from any thread that logs, by one at a time.
std::shared_ptr<log_sink> text_log(log_level level, std::function<void(std::string_view)> write);

/// Lines of the form `message key=value ...` for a logger of yours, which adds what its pattern
/// says and decides by its level. Allows calls from any thread if the logger's sinks do (those with
/// a name in _mt). Throws std::invalid_argument if there is no logger.
std::shared_ptr<log_sink> spdlog_sink(std::shared_ptr<spdlog::logger> logger);

}  // namespace tenure
