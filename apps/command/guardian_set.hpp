// The guardians of this process, and the orphans of one that dies.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <set>
#include <tenure/log.hpp>

namespace tenure::command {

/// Every child of this process that is not a guardian in the set is an orphan: its guardian died,
/// and the kernel made it our child.
class guardian_set {
 public:
  guardian_set(boost::asio::any_io_executor executor, std::shared_ptr<log_sink> log);

  void add(int pid) { pids_.insert(pid); }
  void remove(int pid) { pids_.erase(pid); }

  /// Logs that a guardian died, kills the orphans, and completes when they are gone.
  boost::asio::awaitable<void> end_orphans_of(int pid);

 private:
  boost::asio::any_io_executor executor_;
  std::shared_ptr<log_sink> log_;
  std::set<int> pids_;
};

}  // namespace tenure::command
