// A log that keeps its lines, for tests that count them.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <tenure/log.hpp>
#include <utility>
#include <vector>

namespace tenure::test {

/// One thread.
class kept_log final : public log_sink {
 public:
  bool enabled(log_level) const noexcept override { return true; }
  void write(log_level level, std::string_view message,
             std::span<const log_field> fields) noexcept override {
    std::string line(message);
    for (const log_field& f : fields)
      line.append(" ").append(f.name()).append("=").append(f.value());
    all_.emplace_back(level, std::move(line));
  }

  /// The lines of one level: the message, then the fields as name=value.
  std::vector<std::string> lines(log_level level) const {
    std::vector<std::string> found;
    for (const auto& [of, line] : all_) {
      if (of == level) found.push_back(line);
    }
    return found;
  }

 private:
  std::vector<std::pair<log_level, std::string>> all_;
};

}  // namespace tenure::test
