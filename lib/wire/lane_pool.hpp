// The connections of one lane: so many and no more; who comes later waits in line.
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

  /// Takes one of the places, in the order of asking; false at the deadline. A place that was
  /// given must be put into a `place`, cancelled or not. Throws system_error(operation_aborted)
  /// when cancelled while in line.
  boost::asio::awaitable<bool> acquire(time_point deadline);

  /// A place that was acquired, given back at the end of the scope.
  class place {
   public:
    explicit place(lane_pool& pool) noexcept : pool_(pool) {}
    place(const place&) = delete;
    place& operator=(const place&) = delete;
    ~place() { pool_.release(); }

   private:
    lane_pool& pool_;
  };

  /// A kept connection that still works, the one used last; none where there is none.
  std::unique_ptr<connection> take_idle();
  /// Keeps a connection where it is reusable, or closes it.
  void keep(std::unique_ptr<connection> used);

  std::size_t in_use() const noexcept { return in_use_; }
  std::size_t idle() const noexcept { return idle_.size(); }

 private:
  void release() noexcept;

  std::size_t limit_;
  std::size_t in_use_ = 0;
  std::vector<std::unique_ptr<connection>> idle_;
  std::shared_ptr<runtime::wait_list> line_;
};

}  // namespace tenure::wire
