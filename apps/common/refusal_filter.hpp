// A log without the library's lines about missing rights, for as long as an operation waits that
// reports them by its own error.
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
  bool enabled(log_level level) const noexcept override { return next_->enabled(level); }
  void write(log_level level, std::string_view message,
             std::span<const log_field> fields) noexcept override {
    if (dropping_ && (message == "right missing" || message == "token refused")) return;
    next_->write(level, message, fields);
  }

 private:
  const std::shared_ptr<log_sink> next_;
  std::atomic<bool> dropping_{true};
};

}  // namespace tenure::apps
