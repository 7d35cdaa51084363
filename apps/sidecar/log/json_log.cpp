#include "sidecar/log/json_log.hpp"

#include <unistd.h>

#include <string>

#include "common/json.hpp"
#include "sidecar/log/wall_time.hpp"

namespace tenure::sidecar {
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

class json_sink final : public log_sink {
 public:
  explicit json_sink(log_level level) : level_(level) {}

  bool enabled(log_level level) const noexcept override {
    return level >= level_ && level_ != log_level::off;
  }

  void write(log_level level, std::string_view message,
             std::span<const log_field> fields) noexcept override {
    try {
      std::string line = "{\"time\":\"" + rfc3339_ms(std::chrono::system_clock::now()) +
                         "\",\"level\":\"" + name_of(level) +
                         "\",\"msg\":" + apps::json_string(message);
      for (const log_field& f : fields) {
        line += ',' + apps::json_string(f.name()) + ':' + apps::json_string(f.value());
      }
      line += "}\n";
      // One write per line keeps the lines of several threads apart.
      while (::write(STDERR_FILENO, line.data(), line.size()) < 0 && errno == EINTR) continue;
    } catch (...) {  // out of memory: nothing can be done for a log line
    }
  }

 private:
  log_level level_;
};

}  // namespace

std::shared_ptr<log_sink> json_log(log_level level) { return std::make_shared<json_sink>(level); }

}  // namespace tenure::sidecar
