// The connections of one lane: a bounded pool with a FIFO queue.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <memory>
#include <vector>

#include "runtime/wait_list.hpp"
#include "wire/connection.hpp"

namespace tenure::wire {

class lane_pool {
 public:
  lane_pool(runtime::timers& timers, std::size_t limit);

  /// Acquires one of the pool's slots, in the order of the calls; false at the deadline. The caller
  /// must then make a `slot`, which gives it back, even where it is cancelled meanwhile. Throws
  /// system_error(operation_aborted) when cancelled in the queue.
  boost::asio::awaitable<bool> acquire(time_point deadline);

  /// Gives an acquired slot back at the end of the scope.
  class slot {
   public:
    explicit slot(lane_pool& pool) noexcept : pool_(pool) {}
    slot(const slot&) = delete;
    slot& operator=(const slot&) = delete;
    ~slot() { pool_.release(); }

   private:
    lane_pool& pool_;
  };

  /// The most recently used idle connection that still works; null if there is none.
  std::unique_ptr<connection> take_idle();
  /// Closes the idle connections that were made with other TLS settings.
  void close_idle_except(const tls_profile& current) noexcept;
  /// Keeps a connection that is reusable, closes any other.
  void keep(std::unique_ptr<connection> used);

  std::size_t in_use() const noexcept { return in_use_; }
  std::size_t idle() const noexcept { return idle_.size(); }

 private:
  void release() noexcept;

  std::size_t limit_;
  std::size_t in_use_ = 0;
  std::vector<std::unique_ptr<connection>> idle_;
  std::shared_ptr<runtime::wait_list> queue_;
};

}  // namespace tenure::wire
