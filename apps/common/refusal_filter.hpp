// A log without the library's lines about what an operation that waits reports by its own error:
// missing rights, and before the first contact that Consul cannot be reached.
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <string_view>
#include <tenure/log.hpp>
#include <utility>

namespace tenure::apps {

class refusal_filter final : public log_sink {
 public:
  explicit refusal_filter(std::shared_ptr<log_sink> next) : next_(std::move(next)) {}

  void drop(bool on) noexcept { dropping_ = on; }
  void connected() noexcept { connected_ = true; }
  bool enabled(log_level level) const noexcept override { return next_->enabled(level); }
  void write(log_level level, std::string_view message,
             std::span<const log_field> fields) noexcept override {
    if (dropping_ && (message == "right missing" || message == "token refused")) return;
    if (!connected_ && (message == "watch failed" || message == "session create failed")) return;
    next_->write(level, message, fields);
  }

 private:
  const std::shared_ptr<log_sink> next_;
  std::atomic<bool> dropping_{true};
  std::atomic<bool> connected_{false};
};

}  // namespace tenure::apps
