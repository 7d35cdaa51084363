#include "common/log/program_log.hpp"

#include <string>
#include <string_view>
#include <tenure/spdlog_sink.hpp>

#include "common/log/line_writer.hpp"

namespace tenure::apps {

std::shared_ptr<log_sink> program_log(log_level level) {
  standard_error().on_dropped([](std::uint64_t count) {
    std::string line;
    text_log(log_level::warn, [&](std::string_view made) { line = made; })
        ->log(log_level::warn, "log lines dropped", {log_field("count", count)});
    return line;
  });
  return text_log(level, [](std::string_view line) { standard_error().add(line); });
}

}  // namespace tenure::apps
