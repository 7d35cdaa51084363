// Lines on standard output, written by a separate thread: a slow or stopped reader must not block
// the thread that renews the lease.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <tenure/time.hpp>

namespace tenure::cron {

class stdout_writer {
 public:
  stdout_writer();
  stdout_writer(const stdout_writer&) = delete;
  stdout_writer& operator=(const stdout_writer&) = delete;
  /// Waits until everything is written.
  ~stdout_writer();

  /// Whether the buffer has room. If not, the caller should read no more input until it has.
  bool has_room() const;
  /// Adds a text, even without room.
  void add(std::string_view text);
  /// Waits until everything is written, for at most `timeout`. Returns whether it is.
  bool flush(duration timeout);

 private:
  void write_all();

  static constexpr std::size_t capacity = 1 << 20;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string buffer_;
  bool writing_ = false;
  bool closing_ = false;
  std::thread writer_;
};

}  // namespace tenure::cron
