#include "common/service/service_manager.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string_view>

namespace tenure::apps {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

/// How often the status is looked at.
constexpr duration status_interval = 1s;

std::string take_variable(const char* name) {
  const char* const value = std::getenv(name);
  std::string text = value == nullptr ? "" : value;
  ::unsetenv(name);
  return text;
}

std::uint64_t number_in(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string microseconds(duration d) {
  return std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(d).count());
}

}  // namespace

service_manager::~service_manager() {
  if (socket_ >= 0) ::close(socket_);
}

void service_manager::connect() {
  address_ = take_variable("NOTIFY_SOCKET");
  const std::string watchdog = take_variable("WATCHDOG_USEC");
  const std::string process = take_variable("WATCHDOG_PID");
  const bool is_path = address_.starts_with('/') || address_.starts_with('@');
  if (!is_path || address_.size() >= sizeof sockaddr_un::sun_path) return;
  if (address_[0] == '@') address_[0] = '\0';  // not a file, but a name
  socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const auto limit = std::chrono::microseconds(number_in(watchdog));
  const bool ours = process.empty() || number_in(process) == static_cast<std::uint64_t>(::getpid());
  if (limit > 0us && ours) watchdog_ = std::max<duration>(limit / 2, 1ms);
}

void service_manager::report(const std::string& lines) {
  if (socket_ < 0) return;
  unsent_ += lines;
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, address_.data(), address_.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  const ssize_t sent = ::sendto(socket_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL,
                                reinterpret_cast<const sockaddr*>(&to), size);
  constexpr std::size_t most_kept = 4096;  // of reports that the service manager does not read
  if (sent >= 0 || unsent_.size() > most_kept) unsent_.clear();
}

asio::awaitable<void> service_manager::follow(runtime::timers& timers,
                                              std::function<std::string()> status) {
  if (!connected()) co_return;
  std::string shown = status();
  report("READY=1\nSTATUS=" + shown + '\n');
  time_point next_look = timers.now();
  time_point next_feed = timers.now();
  for (;;) {
    const time_point now = timers.now();
    if (watchdog_ && now >= next_feed) {
      report("WATCHDOG=1\n");
      next_feed = now + *watchdog_;
    }
    if (now >= next_look) {
      std::string current = status();
      if (current != shown || !unsent_.empty()) report("STATUS=" + current + '\n');
      shown = std::move(current);
      next_look = now + status_interval;
    }
    const time_point next = watchdog_ ? std::min(next_look, next_feed) : next_look;
    co_await runtime::sleep_until(timers, next);
  }
}

void service_manager::reloading() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const duration since = std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
  report("RELOADING=1\nMONOTONIC_USEC=" + microseconds(since) + '\n');
}

void service_manager::ready() { report("READY=1\n"); }

void service_manager::stopping(duration longest) {
  report("STOPPING=1\nEXTEND_TIMEOUT_USEC=" + microseconds(longest) + '\n');
}

}  // namespace tenure::apps
