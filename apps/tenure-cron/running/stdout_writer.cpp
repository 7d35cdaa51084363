#include "tenure-cron/running/stdout_writer.hpp"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>

namespace tenure::cron {
namespace {

// If standard output is closed, the text is dropped: the jobs go on without it.
void write_to_stdout(std::string_view text) {
  while (!text.empty()) {
    const ssize_t done = ::write(STDOUT_FILENO, text.data(), text.size());
    if (done >= 0) {
      text.remove_prefix(static_cast<std::size_t>(done));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {  // another process made it non-blocking
      pollfd writable{.fd = STDOUT_FILENO, .events = POLLOUT, .revents = 0};
      ::poll(&writable, 1, -1);
    } else if (errno != EINTR) {
      return;
    }
  }
}

}  // namespace

stdout_writer::stdout_writer() {
  // The thread inherits a mask of all signals: the main thread handles them.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  writer_ = std::thread([this] { write_all(); });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

stdout_writer::~stdout_writer() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  changed_.notify_all();
  writer_.join();
}

bool stdout_writer::has_room() const {
  const std::lock_guard lock(mutex_);
  return buffer_.size() < capacity;
}

void stdout_writer::add(std::string_view text) {
  {
    const std::lock_guard lock(mutex_);
    buffer_ += text;
  }
  changed_.notify_all();
}

bool stdout_writer::flush(duration timeout) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, timeout, [this] { return buffer_.empty() && !writing_; });
}

void stdout_writer::write_all() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return closing_ || !buffer_.empty(); });
    if (buffer_.empty()) return;
    std::string text;
    text.swap(buffer_);
    writing_ = true;
    lock.unlock();
    write_to_stdout(text);
    lock.lock();
    writing_ = false;
    changed_.notify_all();
  }
}

}  // namespace tenure::cron
