// The only file that includes spdlog.
#include <tenure/spdlog_sink.hpp>

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <mutex>
#include <stdexcept>
#include <tenure/toolkit/ascii.hpp>
#include <utility>

#include "text/hex.hpp"
#include "text/utf8.hpp"

namespace tenure {
namespace {

spdlog::level::level_enum to_spdlog(log_level level) noexcept {
  switch (level) {
    case log_level::trace:
      return spdlog::level::trace;
    case log_level::debug:
      return spdlog::level::debug;
    case log_level::info:
      return spdlog::level::info;
    case log_level::warn:
      return spdlog::level::warn;
    case log_level::error:
      return spdlog::level::err;
    case log_level::off:
      break;
  }
  return spdlog::level::off;
}

enum class position { bare, in_quotes };

void append_hex_byte(std::string& line, char c) {
  line += "\\x";
  line += text::hex_digits[static_cast<unsigned char>(c) >> 4];
  line += text::hex_digits[static_cast<unsigned char>(c) & 15];
}

// Keeps text of the network or of a user on one line, from terminals that would obey it, and from
// readers that want UTF-8.
void append_escaped(std::string& line, std::string_view text, position where) {
  while (!text.empty()) {
    const char c = text.front();
    const std::size_t valid = text::utf8_length(text);
    const std::size_t length = std::max<std::size_t>(valid, 1);
    const bool hidden = valid == 0 || text::obeyed_length(text) > 0;
    if (where == position::in_quotes && (c == '"' || c == '\\')) {
      line += '\\';
      line += c;
    } else if (c == '\n') {
      line += "\\n";
    } else if (hidden) {
      for (const char byte : text.substr(0, length)) append_hex_byte(line, byte);
    } else {
      line.append(text, 0, length);
    }
    text.remove_prefix(length);
  }
}

bool needs_quotes(std::string_view value) noexcept {
  if (value.empty()) return true;
  for (const char c : value)
    if (c == ' ' || c == '"' || c == '=' || c == '\\' || text::is_control(c)) return true;
  return false;
}

void append_field(std::string& line, const log_field& field) {
  line += ' ';
  line += field.name();
  line += '=';
  const bool quoted = needs_quotes(field.value());
  if (quoted) line += '"';
  append_escaped(line, field.value(), quoted ? position::in_quotes : position::bare);
  if (quoted) line += '"';
}

void append_line(std::string& line, std::string_view message, std::span<const log_field> fields) {
  append_escaped(line, message, position::bare);
  for (const log_field& field : fields) append_field(line, field);
}

void log_line(spdlog::logger& logger, log_level level, const std::string& line) {
  logger.log(to_spdlog(level), spdlog::string_view_t(line.data(), line.size()));
}

class to_writer final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit to_writer(std::function<void(std::string_view)> write) : write_(std::move(write)) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    write_(std::string_view(line.data(), line.size()));
  }
  void flush_() override {}

 private:
  const std::function<void(std::string_view)> write_;
};

class text_lines final : public log_sink {
 public:
  text_lines(log_level level, spdlog::sink_ptr sink) : logger_("tenure", std::move(sink)) {
    logger_.set_level(to_spdlog(level));
    logger_.flush_on(spdlog::level::trace);
    logger_.set_formatter(std::make_unique<spdlog::pattern_formatter>(
        "%Y-%m-%dT%H:%M:%S.%eZ %v", spdlog::pattern_time_type::utc));
    // A line that cannot be written is lost: there is no other place to report it.
    logger_.set_error_handler([](const std::string&) {});
  }

  bool enabled(log_level level) const noexcept override {
    return level != log_level::off && logger_.should_log(to_spdlog(level));
  }

  void write(log_level level, std::string_view message,
             std::span<const log_field> fields) noexcept override {
    if (!enabled(level)) return;
    try {
      std::string line(to_string(level));
      line += ' ';
      append_line(line, message, fields);
      log_line(logger_, level, line);
    } catch (...) {  // out of memory: the line is lost
    }
  }

 private:
  spdlog::logger logger_;
};

class to_logger final : public log_sink {
 public:
  explicit to_logger(std::shared_ptr<spdlog::logger> logger) : logger_(std::move(logger)) {
    if (!logger_) throw std::invalid_argument("spdlog_sink: there is no logger");
  }

  bool enabled(log_level level) const noexcept override {
    return level != log_level::off && logger_->should_log(to_spdlog(level));
  }

  void write(log_level level, std::string_view message,
             std::span<const log_field> fields) noexcept override {
    if (!enabled(level)) return;
    try {
      std::string line;
      append_line(line, message, fields);
      log_line(*logger_, level, line);
    } catch (...) {  // out of memory, or the logger's error handler threw: the line is lost
    }
  }

 private:
  std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace

std::shared_ptr<log_sink> stderr_log(log_level level) {
  return std::make_shared<text_lines>(level, std::make_shared<spdlog::sinks::stderr_sink_mt>());
}

std::shared_ptr<log_sink> text_log(log_level level, std::function<void(std::string_view)> write) {
  if (!write) throw std::invalid_argument("text_log: there is no writer");
  return std::make_shared<text_lines>(level, std::make_shared<to_writer>(std::move(write)));
}

std::shared_ptr<log_sink> spdlog_sink(std::shared_ptr<spdlog::logger> logger) {
  return std::make_shared<to_logger>(std::move(logger));
}

}  // namespace tenure
