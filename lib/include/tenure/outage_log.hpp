// One warning for each outage of Consul, however many requests fail in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tenure/error.hpp>
#include <tenure/log.hpp>
#include <tenure/time.hpp>
#include <vector>

namespace tenure {

/// Logs the failed requests of a process: the first one of an outage as a warning, the others at
/// level debug, and "requests succeed again" at level info when the outage is over.
///
/// What is one outage depends on the error. If Consul does not answer, refuses more requests or has
/// no leader, all requests that fail for that reason belong to one outage. Any other error is an
/// outage of one event, and a missing right one of the text that names it.
///
/// An outage is over when a request succeeded and none has failed for 15 s. At a limit of
/// connections every other request may fail: an outage that ended with each success would begin
/// again with each failure.
///
/// Each elections object has its own, unless elections_options::outages() names one: for several
/// elections objects that log to the same place, or for a program that reports failed requests to
/// Consul itself. One thread: that of the elections.
class outage_log {
 public:
  /// `log` gets the lines; not null.
  explicit outage_log(std::shared_ptr<log_sink> log) : log_(std::move(log)) {}
  outage_log(const outage_log&) = delete;
  outage_log& operator=(const outage_log&) = delete;

  /// A request failed. `event` names what failed, such as "watch failed", and is the message of the
  /// line; `detail` says why, and becomes its last field.
  void failed(std::string_view event, const error_code& error, std::string_view detail,
              std::initializer_list<log_field> fields, time_point now);
  /// A request succeeded whose failure would be `event`.
  void succeeded(std::string_view event, time_point now) {
    if (!open_.empty()) note_success(event, now);
  }

 private:
  struct outage {
    error_code error;
    std::string event;   ///< of the first failure
    std::string detail;  ///< of a missing right; empty for other errors
    time_point begun{};
    time_point last_failure{};
    std::optional<time_point> over;  ///< the first success since the last failure
    std::uint64_t suppressed = 0;
  };

  outage* find(std::string_view event, const error_code& error, std::string_view detail) noexcept;
  void note_success(std::string_view event, time_point now);
  void close_quiet(time_point now);
  void report_over(const outage& which);

  const std::shared_ptr<log_sink> log_;
  std::vector<outage> open_;
};

}  // namespace tenure
