#include "sidecar/log/json_log.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <string>

#include "common/json.hpp"
#include "sidecar/log/wall_time.hpp"

namespace tenure::sidecar {
namespace {

constexpr int longest_wait_ms = 1000;  // for a reader of a pipe that is full

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
  return f.kind() == log_field::type::text ? apps::json_string(f.value()) : std::string(f.value());
}

/// A name occurs once in an object: of two fields the first one counts.
void append_fields(std::string& line, std::span<const log_field> fields) {
  for (auto f = fields.begin(); f != fields.end(); ++f) {
    const auto same = [&](const log_field& g) { return g.name() == f->name(); };
    if (is_own_name(f->name()) || std::any_of(fields.begin(), f, same)) continue;
    line += ',' + apps::json_string(f->name()) + ':' + value_of(*f);
  }
}

/// The whole line, also to a pipe that takes a part of it at a time.
void write_all(std::string_view line) {
  while (!line.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
    if (written >= 0) {
      line.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      pollfd writable{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
      if (::poll(&writable, 1, longest_wait_ms) == 0) return;
    } else if (errno != EINTR) {
      return;
    }
  }
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
      append_fields(line, fields);
      line += "}\n";
      const std::lock_guard lock(mutex_);
      write_all(line);
    } catch (...) {  // out of memory: nothing can be done for a log line
    }
  }

 private:
  const log_level level_;
  std::mutex mutex_;  ///< keeps the lines of several threads apart
};

}  // namespace

std::shared_ptr<log_sink> json_log(log_level level) { return std::make_shared<json_sink>(level); }

}  // namespace tenure::sidecar
