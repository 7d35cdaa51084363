// Slows down repairs of the marks when something keeps removing them.
#pragma once

#include <tenure/time.hpp>

namespace tenure::sidecar {

class repair_backoff {
 public:
  /// A repair begins now. The first one after a quiet minute has no pause after it.
  void note_repair(time_point now);
  /// No repair before this.
  time_point not_before() const noexcept { return not_before_; }
  unsigned in_a_row() const noexcept { return repairs_; }
  /// So many repairs in a row that another program probably restores its own version.
  bool contested() const noexcept;

 private:
  unsigned repairs_ = 0;
  time_point last_ = time_point::min();
  time_point not_before_ = time_point::min();
};

}  // namespace tenure::sidecar
