// Requests that may come by the thousand, on all connections together: the writes of the leaders'
// own work, and the reads of keys whose claims failed. Of each kind a few are in the requests lane
// at a time. The others wait here, first come, first served, and not in the lane: there they would
// delay the claims, the releases and the sessions of the same process until their deadlines had
// passed.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <memory>
#include <tenure/time.hpp>
#include <utility>

#include "runtime/wait_list.hpp"

namespace tenure::impl {

class request_turns {
 public:
  request_turns(runtime::timers& timers, std::size_t turns)
      : turns_(turns == 0 ? 1 : turns),
        free_(turns_),
        queue_(std::make_shared<runtime::wait_list>(timers)) {}
  request_turns(const request_turns&) = delete;
  request_turns& operator=(const request_turns&) = delete;

  /// Waits for a turn; false at the deadline. The caller must then make a `turn`, which gives it
  /// back. Throws system_error(operation_aborted) when cancelled.
  boost::asio::awaitable<bool> take(time_point deadline);

  class turn {
   public:
    explicit turn(std::shared_ptr<request_turns> of) noexcept : of_(std::move(of)) {}
    turn(turn&&) noexcept = default;
    turn& operator=(turn&&) = delete;
    ~turn() { give_back(); }
    void give_back() noexcept {
      if (const auto from = std::exchange(of_, nullptr)) from->release();
    }

   private:
    std::shared_ptr<request_turns> of_;
  };

 private:
  void release() noexcept;

  const std::size_t turns_;
  std::size_t free_;
  std::shared_ptr<runtime::wait_list> queue_;
};

}  // namespace tenure::impl
