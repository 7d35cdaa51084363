// A log for what is made before the configuration says where log lines go.
#pragma once

#include <memory>
#include <mutex>
#include <tenure/log.hpp>
#include <utility>

namespace tenure::sidecar {

/// Drops what comes before set(). Any thread.
class late_log final : public log_sink {
 public:
  void set(std::shared_ptr<log_sink> target) {
    const std::lock_guard lock(mutex_);
    target_ = std::move(target);
  }
  bool enabled(log_level level) const noexcept override { return target()->enabled(level); }
  void write(log_level level, std::string_view message,
             std::span<const log_field> fields) noexcept override {
    target()->write(level, message, fields);
  }

 private:
  std::shared_ptr<log_sink> target() const noexcept {
    const std::lock_guard lock(mutex_);
    return target_;
  }

  mutable std::mutex mutex_;
  std::shared_ptr<log_sink> target_ = silent_log();
};

}  // namespace tenure::sidecar
