#include "common/log/line_writer.hpp"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <condition_variable>
#include <cstdarg>
#include <cstdio>
#include <mutex>
#include <thread>
#include <utility>

#include "common/visible_controls.hpp"

namespace tenure::apps {
namespace {

// If the descriptor is closed or broken, the text is lost: there is no other place to report it.
void write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t done = ::write(descriptor, text.data(), text.size());
    if (done >= 0) {
      text.remove_prefix(static_cast<std::size_t>(done));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {  // another process made it non-blocking
      pollfd writable{.fd = descriptor, .events = POLLOUT, .revents = 0};
      ::poll(&writable, 1, -1);
    } else if (errno != EINTR) {
      return;
    }
  }
}

[[gnu::format(printf, 1, 0)]] std::string formatted(const char* format, va_list arguments) {
  va_list again;
  va_copy(again, arguments);
  const int size = std::vsnprintf(nullptr, 0, format, arguments);
  std::string text(static_cast<std::size_t>(size < 0 ? 0 : size), '\0');
  std::vsnprintf(text.data(), text.size() + 1, format, again);
  va_end(again);
  return text;
}

}  // namespace

// Shared with the thread, which may be in write() when the process ends.
class line_writer::state : public std::enable_shared_from_this<line_writer::state> {
 public:
  state(int descriptor, when_full policy) : descriptor_(descriptor), policy_(policy) {}

  void add(std::string_view text) {
    const std::lock_guard lock(mutex_);
    if (policy_ == when_full::drop && buffer_.size() + text.size() > capacity) {
      ++dropped_;
      return;
    }
    buffer_ += text;
    start_thread();
    changed_.notify_all();
  }

  bool has_room() {
    const std::lock_guard lock(mutex_);
    const bool room = buffer_.size() < capacity;
    if (!room) start_thread();  // a caller that waits for room adds nothing
    return room;
  }

  void on_dropped(std::function<std::string(std::uint64_t)> make_line) {
    const std::lock_guard lock(mutex_);
    make_dropped_line_ = std::move(make_line);
  }

  bool flush(duration timeout) {
    std::unique_lock lock(mutex_);
    if (!buffer_.empty() && !start_thread()) write_without_thread(timeout);
    if (!started_) return buffer_.empty();
    return changed_.wait_for(lock, timeout, [this] { return buffer_.empty() && !writing_; });
  }

  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }

 private:
  // The thread inherits a mask of all signals: the main thread handles them. If the system has no
  // thread left, the next line tries again.
  bool start_thread() {
    if (started_) return true;
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
      std::thread([self = shared_from_this()] { self->write_lines(); }).detach();
      started_ = true;
    } catch (...) {
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return started_;
  }

  // The last lines of a program that has no thread to write them.
  void write_without_thread(duration timeout) {
    const time_point end = boot_clock::now() + timeout;
    while (!buffer_.empty()) {
      pollfd writable{.fd = descriptor_, .events = POLLOUT, .revents = 0};
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - boot_clock::now());
      if (left.count() <= 0 || ::poll(&writable, 1, static_cast<int>(left.count())) <= 0) return;
      // A pipe that is writable has room for as much, so that the write does not block.
      const std::size_t size = std::min<std::size_t>(buffer_.size(), PIPE_BUF);
      const ssize_t done = ::write(descriptor_, buffer_.data(), size);
      if (done > 0) {
        buffer_.erase(0, static_cast<std::size_t>(done));
      } else if (errno != EAGAIN && errno != EINTR) {
        buffer_.clear();  // as write_all() does
      }
    }
  }

  void write_lines() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return closed_ || !buffer_.empty(); });
      if (buffer_.empty()) return;
      std::string text;
      text.swap(buffer_);
      const std::uint64_t dropped = std::exchange(dropped_, 0);
      if (dropped > 0 && make_dropped_line_) text += make_dropped_line_(dropped);
      writing_ = true;
      lock.unlock();
      write_all(descriptor_, text);
      lock.lock();
      writing_ = false;
      changed_.notify_all();
    }
  }

  const int descriptor_;
  const when_full policy_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string buffer_;
  std::uint64_t dropped_ = 0;
  std::function<std::string(std::uint64_t)> make_dropped_line_;
  bool started_ = false;
  bool writing_ = false;
  bool closed_ = false;
};

line_writer::line_writer(int descriptor, when_full policy)
    : state_(std::make_shared<state>(descriptor, policy)) {}
line_writer::~line_writer() { state_->close(); }
void line_writer::add(std::string_view text) { state_->add(text); }
bool line_writer::has_room() const { return state_->has_room(); }
void line_writer::on_dropped(std::function<std::string(std::uint64_t)> make_line) {
  state_->on_dropped(std::move(make_line));
}
bool line_writer::flush(duration timeout) { return state_->flush(timeout); }

line_writer& standard_output() {
  static line_writer& writer = *new line_writer(STDOUT_FILENO);
  return writer;
}

line_writer& standard_error() {
  static line_writer& writer = *new line_writer(STDERR_FILENO);
  return writer;
}

void print_output(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  standard_output().add(formatted(format, arguments));
  va_end(arguments);
}

void print_error(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  standard_error().add(error_line(formatted(format, arguments)) + '\n');
  va_end(arguments);
}

}  // namespace tenure::apps
