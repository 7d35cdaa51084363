#include "tenure-cron/output/output_files.hpp"

#include <signal.h>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <system_error>
#include <utility>

#include "tenure-cron/jobs_file/job.hpp"
#include "tenure-cron/output/rotating_file.hpp"

namespace tenure::cron {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t capacity = 1 << 20;  // of each file's buffer
constexpr duration last_lines_timeout = 2s;

// A thread that handles no signal: the main thread does. No thread, if the system has none left.
template <class Function>
std::thread start_writer(Function body) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread started;
  try {
    started = std::thread(std::move(body));
  } catch (...) {  // the lines wait: the next run tries again
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return started;
}

class file_state {
 public:
  explicit file_state(const output_file& f)
      : path(f.path), size(f.size), keep(f.keep), file(f.path, f.size, f.keep) {}

  const std::string path;
  std::uint64_t size;
  std::uint32_t keep;
  std::string buffer;
  std::size_t users = 0;
  bool queued = false;

  rotating_file file;  // this and what follows: of the writer
  bool failed = false;
};

}  // namespace

/// Shared with the writer, which may hang in a write when the rest is destroyed.
class output_files::queue {
 public:
  explicit queue(std::shared_ptr<log_sink> log) : log_(std::move(log)) {}

  std::shared_ptr<file_state> open(const output_file& file);
  void release(const std::shared_ptr<file_state>& file);
  bool has_room(const file_state& file) const;
  void add(const std::shared_ptr<file_state>& file, std::string_view lines);
  bool flush(duration timeout);
  void close();
  /// The writer's thread.
  void write_all();

 private:
  void push(const std::shared_ptr<file_state>& file);
  void write_to(file_state& file, const std::string& lines);

  std::shared_ptr<log_sink> log_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::shared_ptr<file_state>> files_;  // by path
  std::deque<std::shared_ptr<file_state>> due_;  // those with lines, or without a user
  bool writing_ = false;
  bool closing_ = false;
};

class output_files::target final : public output_target {
 public:
  target(std::shared_ptr<queue> q, std::shared_ptr<file_state> file)
      : queue_(std::move(q)), file_(std::move(file)) {}
  target(const target&) = delete;
  target& operator=(const target&) = delete;
  ~target() override { queue_->release(file_); }

  bool has_room() const override { return queue_->has_room(*file_); }
  void add(std::string_view lines) override { queue_->add(file_, lines); }

 private:
  std::shared_ptr<queue> queue_;
  std::shared_ptr<file_state> file_;
};

output_files::output_files(std::shared_ptr<log_sink> log)
    : queue_(std::make_shared<queue>(std::move(log))) {}

output_files::~output_files() {
  if (!writer_.joinable()) return;
  queue_->close();
  if (queue_->flush(last_lines_timeout)) {
    writer_.join();
  } else {
    writer_.detach();
  }
}

std::shared_ptr<output_target> output_files::open(const output_file& file) {
  if (!writer_.joinable()) writer_ = start_writer([q = queue_] { q->write_all(); });
  return std::make_shared<target>(queue_, queue_->open(file));
}

bool output_files::flush(duration timeout) { return queue_->flush(timeout); }

std::shared_ptr<file_state> output_files::queue::open(const output_file& file) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<file_state>& known = files_[file.path];
  if (!known) known = std::make_shared<file_state>(file);
  known->size = file.size;
  known->keep = file.keep;
  ++known->users;
  return known;
}

void output_files::queue::release(const std::shared_ptr<file_state>& file) {
  const std::lock_guard lock(mutex_);
  --file->users;
  push(file);
}

bool output_files::queue::has_room(const file_state& file) const {
  const std::lock_guard lock(mutex_);
  return file.buffer.size() < capacity;
}

void output_files::queue::add(const std::shared_ptr<file_state>& file, std::string_view lines) {
  const std::lock_guard lock(mutex_);
  file->buffer += lines;
  push(file);
}

void output_files::queue::push(const std::shared_ptr<file_state>& file) {
  if (std::exchange(file->queued, true)) return;
  due_.push_back(file);
  changed_.notify_all();
}

bool output_files::queue::flush(duration timeout) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, timeout, [this] { return due_.empty() && !writing_; });
}

void output_files::queue::close() {
  const std::lock_guard lock(mutex_);
  closing_ = true;
  changed_.notify_all();
}

void output_files::queue::write_all() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return closing_ || !due_.empty(); });
    if (due_.empty()) return;
    std::shared_ptr<file_state> next = std::move(due_.front());
    due_.pop_front();
    next->queued = false;
    const std::string lines = std::exchange(next->buffer, std::string());
    next->file.set_limits(next->size, next->keep);
    if (next->users == 0) files_.erase(next->path);
    writing_ = true;
    lock.unlock();
    if (!lines.empty()) write_to(*next, lines);
    next.reset();  // closes the file if no run uses it
    lock.lock();
    writing_ = false;
    changed_.notify_all();
  }
}

void output_files::queue::write_to(file_state& file, const std::string& lines) {
  const int error = file.file.write(lines);
  if (error != 0 && !file.failed)
    log_->log(log_level::warn, "output file write failed",
              {log_field("file", file.path),
               log_field("error", std::generic_category().message(error))});
  if (error == 0 && file.failed)
    log_->log(log_level::info, "output file written again", {log_field("file", file.path)});
  file.failed = error != 0;
}

}  // namespace tenure::cron
