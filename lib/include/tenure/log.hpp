// The one small interface through which tenure logs.
#pragma once

#include <concepts>
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
/// and credentials are not logged at any level. The name of a number that has a unit ends in it, as
/// in lease_ms.
class log_field {
 public:
  /// What the value is; a sink for JSON writes numbers and booleans without quotes.
  enum class type : std::uint8_t { text, number, boolean };

  /// A text. The field keeps a copy of it, and refers to the name.
  log_field(std::string_view name, std::string_view value) : name_(name), value_(value) {}
  /// The same of a C string.
  log_field(std::string_view name, const char* value) : name_(name), value_(value) {}
  /// The same of a string.
  log_field(std::string_view name, const std::string& value) : name_(name), value_(value) {}
  template <std::integral Number>
  /// A number, in decimal.
  log_field(std::string_view name, Number value)
      : name_(name), value_(std::to_string(value)), type_(type::number) {}
  /// A truth value.
  log_field(std::string_view name, bool value)
      : name_(name), value_(value ? "true" : "false"), type_(type::boolean) {}
  /// With one to three digits after the point. Infinities and NaN are texts.
  log_field(std::string_view name, double value);

  /// A literal, or a text that outlives the field.
  std::string_view name() const noexcept { return name_; }
  /// As a person reads it. A number is a JSON number, a boolean is true or false.
  std::string_view value() const noexcept { return value_; }
  type kind() const noexcept { return type_; }  ///< what value() is
  /// An empty text. log_sink::log() leaves such a field out.
  bool says_nothing() const noexcept { return value_.empty(); }

 private:
  std::string_view name_;
  std::string value_;
  type type_ = type::text;
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

  /// Writes the line if its level is enabled, without the fields that say nothing. Any thread.
  void log(log_level level, std::string_view message,
           std::initializer_list<log_field> fields = {}) noexcept {
    log(level, message, std::span(fields.begin(), fields.size()));
  }
  /// Writes the line if its level is enabled, without the fields that say nothing.
  void log(log_level level, std::string_view message, std::span<const log_field> fields) noexcept;
};

/// A sink that drops everything: the default of the library. <tenure/spdlog_sink.hpp> has others.
[[nodiscard]] std::shared_ptr<log_sink> silent_log();

/// "trace" ... "off" to a level. Throws bad_configuration that names the value and what is
/// allowed.
[[nodiscard]] log_level parse_log_level(std::string_view name);

}  // namespace tenure
