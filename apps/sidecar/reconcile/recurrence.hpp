// Slows down what happens again and again: the repairs of something that another program keeps
// changing, the candidacy of a service whose checks flap.
#pragma once

#include <tenure/time.hpp>

namespace tenure::sidecar {

class recurrence {
 public:
  struct rules {
    duration quiet_time = std::chrono::minutes(1);  ///< without a recurrence, it begins anew
    duration first_pause = std::chrono::milliseconds(500);  ///< after the second; doubles
    duration longest_pause = std::chrono::seconds(10);
  };

  recurrence() = default;
  explicit recurrence(rules r) : rules_(r) {}

  /// It happens now. The first time after the quiet time has no pause after it.
  void note(time_point now);
  /// How long the pause after the last one is, and when it ends.
  duration pause() const noexcept { return pause_; }
  time_point not_before() const noexcept { return last_ + pause_; }
  unsigned in_a_row() const noexcept { return in_a_row_; }

 private:
  rules rules_;
  unsigned in_a_row_ = 0;
  time_point last_ = time_point::min();
  duration pause_{0};
};

}  // namespace tenure::sidecar
