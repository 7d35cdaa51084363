#include "tenure-cron/line_output.hpp"

#include <signal.h>
#include <unistd.h>

#include <cerrno>

namespace tenure::cron {
namespace {

// What cannot be written is dropped: a log that nobody takes is no reason to stop.
void write_to_stdout(std::string_view text) {
  while (!text.empty()) {
    const ssize_t done = ::write(STDOUT_FILENO, text.data(), text.size());
    if (done < 0 && errno != EINTR) return;
    if (done > 0) text.remove_prefix(static_cast<std::size_t>(done));
  }
}

}  // namespace

line_output::line_output() {
  // Signals are for the main thread.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  writer_ = std::thread([this] { write_all(); });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

line_output::~line_output() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  changed_.notify_all();
  writer_.join();
}

bool line_output::has_room() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size() < room;
}

void line_output::add(std::string_view name, std::string_view text) {
  {
    const std::lock_guard lock(mutex_);
    waiting_ += '[';
    waiting_ += name;
    waiting_ += "] ";
    waiting_ += text;
    waiting_ += '\n';
  }
  changed_.notify_all();
}

bool line_output::flush(duration patience) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, patience, [this] { return waiting_.empty() && !writing_; });
}

void line_output::write_all() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return closing_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    std::string text;
    text.swap(waiting_);
    writing_ = true;
    lock.unlock();
    write_to_stdout(text);
    lock.lock();
    writing_ = false;
    changed_.notify_all();
  }
}

}  // namespace tenure::cron
