#include <algorithm>
#include <cmath>
#include <cstdio>
#include <tenure/bad_configuration.hpp>
#include <tenure/log.hpp>
#include <vector>

namespace tenure {
namespace {

class silent final : public log_sink {
 public:
  bool enabled(log_level) const noexcept override { return false; }
  void write(log_level, std::string_view, std::span<const log_field>) noexcept override {}
};

}  // namespace

log_field::log_field(std::string_view name, double value)
    : name_(name), type_(std::isfinite(value) ? type::number : type::text) {
  char text[340];  // the largest double has 309 digits
  const int size = std::snprintf(text, sizeof text, "%.3f", value);
  value_.assign(text, static_cast<std::size_t>(size));
  if (type_ == type::text) return;
  std::ranges::replace(value_, ',', '.');  // the locale's point
  while (value_.ends_with('0') && value_[value_.size() - 2] != '.') value_.pop_back();
}

void log_sink::log(log_level level, std::string_view message,
                   std::span<const log_field> fields) noexcept {
  if (!enabled(level)) return;
  const auto empty = [](const log_field& field) { return field.says_nothing(); };
  if (std::ranges::none_of(fields, empty)) return write(level, message, fields);
  try {
    std::vector<log_field> said(fields.begin(), fields.end());
    std::erase_if(said, empty);
    write(level, message, said);
  } catch (...) {  // out of memory
    write(level, message, fields);
  }
}

std::shared_ptr<log_sink> silent_log() { return std::make_shared<silent>(); }

log_level parse_log_level(std::string_view name) {
  for (const log_level level : {log_level::trace, log_level::debug, log_level::info,
                                log_level::warn, log_level::error, log_level::off})
    if (to_string(level) == name) return level;
  throw bad_configuration("unknown log level \"" + std::string(name) +
                              "\": use trace, debug, info, warn, error or off");
}

}  // namespace tenure
