#include "common/log/json_log.hpp"

#include <algorithm>
#include <cstdint>
#include <string>

#include "common/json.hpp"
#include "common/log/line_writer.hpp"
#include "common/log/wall_time.hpp"

namespace tenure::apps {
namespace {

const char* name_of(log_level level) {
  switch (level) {
    case log_level::trace: return "trace";
    case log_level::debug: return "debug";
    case log_level::info: return "info";
    case log_level::warn: return "warning";
    case log_level::error:
    case log_level::off: break;
  }
  return "error";
}

bool is_own_name(std::string_view name) {
  return name == "time" || name == "level" || name == "msg";
}

/// Numbers and booleans are valid JSON as they are.
std::string value_of(const log_field& f) {
  return f.kind() == log_field::type::text ? json_string(f.value()) : std::string(f.value());
}

/// A name occurs once in an object: of two fields the first one counts.
void append_fields(std::string& line, std::span<const log_field> fields) {
  for (auto f = fields.begin(); f != fields.end(); ++f) {
    const auto same = [&](const log_field& g) { return g.name() == f->name(); };
    if (is_own_name(f->name()) || std::any_of(fields.begin(), f, same)) continue;
    line += ',' + json_string(f->name()) + ':' + value_of(*f);
  }
}

std::string line_of(log_level level, std::string_view message,
                    std::span<const log_field> fields) {
  std::string line = "{\"time\":\"" + rfc3339_ms(std::chrono::system_clock::now()) +
                     "\",\"level\":\"" + name_of(level) + "\",\"msg\":" + json_string(message);
  append_fields(line, fields);
  return line + "}\n";
}

std::string dropped_line(std::uint64_t count) {
  const log_field fields[] = {log_field("count", count)};
  return line_of(log_level::warn, "log lines dropped", fields);
}

class json_sink final : public log_sink {
 public:
  explicit json_sink(log_level level) : level_(level) {}

  bool enabled(log_level level) const noexcept override {
    return level >= level_ && level_ != log_level::off;
  }

  void write(log_level level, std::string_view message,
             std::span<const log_field> fields) noexcept override {
    try {
      standard_error().add(line_of(level, message, fields));
    } catch (...) {  // out of memory: nothing can be done for a log line
    }
  }

 private:
  const log_level level_;
};

}  // namespace

std::shared_ptr<log_sink> json_log(log_level level) {
  standard_error().on_dropped(&dropped_line);
  return std::make_shared<json_sink>(level);
}

}  // namespace tenure::apps
