#include <tenure/log.hpp>

#include <stdexcept>

namespace tenure {
namespace {

class silent final : public log_sink {
 public:
  bool enabled(log_level) const noexcept override { return false; }
  void write(log_level, std::string_view, std::span<const log_field>) noexcept override {}
};

}  // namespace

std::shared_ptr<log_sink> silent_log() { return std::make_shared<silent>(); }

log_level parse_log_level(std::string_view name) {
  for (const log_level level : {log_level::trace, log_level::debug, log_level::info,
                                log_level::warn, log_level::error, log_level::off})
    if (to_string(level) == name) return level;
  throw std::invalid_argument("unknown log level \"" + std::string(name) +
                              "\": use trace, debug, info, warn, error or off");
}

}  // namespace tenure
