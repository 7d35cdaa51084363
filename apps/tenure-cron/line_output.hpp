// Lines on standard output, written by a thread of their own: a reader that is slow or stands still
// must not hold up the thread that renews the lease.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <tenure/time.hpp>

namespace tenure::cron {

class line_output {
 public:
  line_output();
  line_output(const line_output&) = delete;
  line_output& operator=(const line_output&) = delete;
  /// Waits until all is written.
  ~line_output();

  /// Whether it takes more now. Whoever is told no waits and does not read more meanwhile.
  bool has_room() const;
  /// Adds "[name] text\n". Takes it even without room.
  void add(std::string_view name, std::string_view text);
  /// Waits until all is written, but no longer than that. Returns whether it is.
  bool flush(duration patience);

 private:
  void write_all();

  static constexpr std::size_t room = 1 << 20;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string waiting_;
  bool writing_ = false;
  bool closing_ = false;
  std::thread writer_;
};

}  // namespace tenure::cron
