// A deadline for an operation that can be cancelled.
#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <tenure/toolkit/timers.hpp>

namespace tenure::sidecar {

/// Emits a terminal cancellation at a deadline. The signal must outlive it.
class cancel_timer : public runtime::timer {
 public:
  cancel_timer(runtime::timers& timers, boost::asio::cancellation_signal& signal, time_point at)
      : runtime::timer([](runtime::timer& t) noexcept {
          static_cast<cancel_timer&>(t).signal_.emit(boost::asio::cancellation_type::terminal);
        }),
        timers_(timers),
        signal_(signal) {
    timers_.arm(*this, at);
  }
  ~cancel_timer() { timers_.disarm(*this); }
  cancel_timer(const cancel_timer&) = delete;
  cancel_timer& operator=(const cancel_timer&) = delete;

 private:
  runtime::timers& timers_;
  boost::asio::cancellation_signal& signal_;
};

}  // namespace tenure::sidecar
