// A thread for work that blocks: it does the same thing again and again.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <tenure/time.hpp>
#include <thread>

namespace tenure::runtime {

class periodic_thread {
 public:
  /// Its work must not throw, and must return soon once the stop is requested.
  using work = std::function<void(const std::stop_token&)>;

  /// Does the work `interval` after the start, and `interval` after each time. The thread receives
  /// no signals.
  periodic_thread(work what, duration interval);
  periodic_thread(const periodic_thread&) = delete;
  periodic_thread& operator=(const periodic_thread&) = delete;
  /// Requests the stop and waits for the end of the work.
  ~periodic_thread();

  /// Does the work as soon as the thread is free. Any thread.
  void run_soon();

 private:
  void run(const std::stop_token& stop);

  const work work_;
  const duration interval_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool wanted_ = false;
  std::jthread thread_;
};

}  // namespace tenure::runtime
