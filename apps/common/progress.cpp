#include "common/progress.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string_view>
#include <tenure/time.hpp>
#include <thread>
#include <utility>

namespace tenure::apps {
namespace {

using namespace std::chrono_literals;

constexpr duration first_after = 1s;
constexpr duration bar_every = 200ms;
constexpr duration line_every = 5s;
constexpr std::size_t bar_cells = 24;

bool is_terminal() {
  const char* const kind = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) == 1 && (kind == nullptr || std::strcmp(kind, "dumb") != 0);
}

std::size_t columns() {
  winsize size = {};
  const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : 80;
}

// Drops the text rather than wait for a stopped terminal.
void write_now(std::string_view text) {
  pollfd one = {STDERR_FILENO, POLLOUT, 0};
  if (::poll(&one, 1, 0) != 1) return;
  [[maybe_unused]] const ssize_t done = ::write(STDERR_FILENO, text.data(), text.size());
}

std::string bar(std::size_t done, std::size_t total) {
  const std::size_t full = std::min(bar_cells, done * bar_cells / total);
  return '[' + std::string(full, '#') + std::string(bar_cells - full, '.') + "] ";
}

}  // namespace

class progress::state {
 public:
  state(std::string what, std::string unit)
      : what_(std::move(what)),
        unit_(std::move(unit)),
        terminal_(is_terminal()),
        begun_(boot_clock::now()),
        thread_([this] { run(); }) {}

  ~state() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  void update(std::size_t done, std::size_t total) noexcept {
    done_.store(done, std::memory_order_relaxed);
    total_.store(total, std::memory_order_relaxed);
  }

 private:
  void run() {
    // A reader that has gone must not end the work whose progress this is.
    sigset_t broken_pipe;
    ::sigemptyset(&broken_pipe);
    ::sigaddset(&broken_pipe, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
    std::unique_lock lock(mutex_);
    duration pause = first_after;
    while (!changed_.wait_for(lock, pause, [this] { return ended_; })) {
      lock.unlock();
      show();
      lock.lock();
      pause = terminal_ ? bar_every : line_every;
    }
    if (painted_) write_now("\r\x1b[K");
  }

  void show() {
    const std::size_t total = total_.load(std::memory_order_relaxed);
    const std::size_t done = std::min(done_.load(std::memory_order_relaxed),
                                      total == 0 ? ~std::size_t{0} : total);
    const auto seconds =
        std::chrono::floor<std::chrono::seconds>(boot_clock::now() - begun_).count();
    std::string counts;
    if (total > 0) {
      counts = std::to_string(done) + " of " + std::to_string(total) + ' ' + unit_ + ", ";
    } else if (done > 0) {
      counts = std::to_string(done) + ' ' + unit_ + ", ";
    }
    const std::string tail = counts + std::to_string(seconds) + " s";
    if (!terminal_) {
      write_now(what_ + ": " + tail + '\n');
      return;
    }
    std::string line = what_ + ": " + (total > 0 ? bar(done, total) : "") + tail;
    if (line.size() >= columns()) line.resize(columns() - 1);
    write_now('\r' + line + "\x1b[K");
    painted_ = true;
  }

  const std::string what_;
  const std::string unit_;
  const bool terminal_;
  const time_point begun_;
  std::atomic<std::size_t> done_{0};
  std::atomic<std::size_t> total_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_ = false;
  bool painted_ = false;  // the thread's
  std::thread thread_;
};

progress::progress(std::string what, std::string unit, show_progress wanted)
    : state_(wanted == show_progress::yes
                 ? std::make_unique<state>(std::move(what), std::move(unit))
                 : nullptr) {}

progress::~progress() = default;

void progress::update(std::size_t done, std::size_t total) noexcept {
  if (state_) state_->update(done, total);
}

}  // namespace tenure::apps
