#include "testing/recorded_log.hpp"

#include <utility>

namespace tenure::testing {
namespace {

std::string_view name_of(log_level level) noexcept {
  if (level == log_level::info) return "info";
  return level == log_level::warn ? "warn" : "error";
}

class recording_sink final : public log_sink {
 public:
  recording_sink(std::shared_ptr<log_record> record, std::string who,
                 std::shared_ptr<log_sink> next)
      : record_(std::move(record)), who_(std::move(who)), next_(std::move(next)) {}

  bool enabled(log_level level) const noexcept override {
    return level >= log_level::info || next_->enabled(level);
  }
  void write(log_level level, std::string_view message,
             std::span<const log_field> fields) noexcept override {
    if (level >= log_level::info) {
      std::string line(name_of(level));
      line.append(": ").append(message);
      for (const log_field& field : fields)
        line.append(" ").append(field.name()).append("=").append(field.value());
      record_->add(who_, line);
    }
    if (next_->enabled(level)) next_->write(level, message, fields);
  }

 private:
  const std::shared_ptr<log_record> record_;
  const std::string who_;
  const std::shared_ptr<log_sink> next_;
};

}  // namespace

log_record::log_record(std::shared_ptr<const runtime::clock> clock)
    : clock_(std::move(clock)), start_(clock_->now()) {}

void log_record::add(std::string_view who, std::string_view line) {
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(clock_->now() - start_);
  const std::string ms = std::to_string(1000 + since.count() % 1000);  // three digits behind a 1
  const std::lock_guard lock(mutex_);
  text_.append(std::to_string(since.count() / 1000)).append(".").append(ms, 1, 3).append("s ");
  text_.append(who).append(" ").append(line).append("\n");
}

std::string log_record::text() const {
  const std::lock_guard lock(mutex_);
  return text_;
}

std::shared_ptr<log_sink> recorded_log(std::shared_ptr<log_record> record, std::string who,
                                       std::shared_ptr<log_sink> next) {
  if (!next) next = silent_log();
  return std::make_shared<recording_sink>(std::move(record), std::move(who), std::move(next));
}

}  // namespace tenure::testing
