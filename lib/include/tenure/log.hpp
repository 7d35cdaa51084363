// The one small interface through which tenure logs.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace tenure {

enum class log_level { trace, debug, info, warn, error, off };

/// "trace" ... "off".
constexpr std::string_view to_string(log_level level) noexcept {
  switch (level) {
    case log_level::trace:
      return "trace";
    case log_level::debug:
      return "debug";
    case log_level::info:
      return "info";
    case log_level::warn:
      return "warn";
    case log_level::error:
      return "error";
    case log_level::off:
      break;
  }
  return "off";
}

/// One structured field of a log line: election, term, fence, reason, ... Never a secret: tokens
/// and credentials are not logged at any level.
class log_field {
 public:
  log_field(std::string_view name, std::string_view value) : name_(name), value_(value) {}
  log_field(std::string_view name, const char* value) : name_(name), value_(value) {}
  log_field(std::string_view name, const std::string& value) : name_(name), value_(value) {}
  log_field(std::string_view name, std::uint64_t value)
      : name_(name), value_(std::to_string(value)) {}

  std::string_view name() const noexcept { return name_; }
  std::string_view value() const noexcept { return value_; }

 private:
  std::string_view name_;
  std::string value_;
};

/// Where log lines go. Implementations must allow calls from any thread.
class log_sink {
 public:
  virtual ~log_sink() = default;
  /// Whether a line of this level would be written: ask before building costly fields.
  virtual bool enabled(log_level level) const noexcept = 0;
  /// Writes one line. Never throws; never blocks on the network.
  virtual void write(log_level level, std::string_view message,
                     std::span<const log_field> fields) noexcept = 0;

  void log(log_level level, std::string_view message,
           std::initializer_list<log_field> fields = {}) noexcept {
    if (enabled(level)) write(level, message, std::span(fields.begin(), fields.size()));
  }
};

/// A sink that drops everything: the default of the library. <tenure/spdlog_sink.hpp> has others.
[[nodiscard]] std::shared_ptr<log_sink> silent_log();

/// "trace" ... "off" to a level. Throws std::invalid_argument that names the value and what is
/// allowed.
[[nodiscard]] log_level parse_log_level(std::string_view name);

}  // namespace tenure
