// The service manager that has started this program: systemd, or another one that speaks its
// protocol sd_notify(3).
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <optional>
#include <string>
#include <tenure/time.hpp>
#include <tenure/toolkit/timers.hpp>

namespace tenure::apps {

/// Without one, all functions do nothing. They never block: what cannot be sent at once goes with
/// the next report.
class service_manager {
 public:
  service_manager() = default;
  service_manager(const service_manager&) = delete;
  service_manager& operator=(const service_manager&) = delete;
  ~service_manager();

  /// Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, and removes them from the environment, so
  /// that no command of this program reports in its place. Call it before any command starts.
  void connect();
  bool connected() const noexcept { return socket_ >= 0; }

  /// Reports that the program is ready, then what `status` returns whenever that changes, and feeds
  /// the watchdog. The event loop does all of it, so a loop that is blocked feeds nothing, and the
  /// service manager restarts the program. Ends by cancellation.
  boost::asio::awaitable<void> follow(runtime::timers& timers,
                                      std::function<std::string()> status);

  /// A reload has begun; call ready() when it has ended.
  void reloading();
  void ready();
  /// The program ends, which takes `longest` at most: so long the service manager must not kill it,
  /// whatever its own limit says.
  void stopping(duration longest);

 private:
  void report(const std::string& lines);

  int socket_ = -1;
  std::string address_;  // of the service manager, as sun_path has it
  std::optional<duration> watchdog_;
  std::string unsent_;
};

}  // namespace tenure::apps
