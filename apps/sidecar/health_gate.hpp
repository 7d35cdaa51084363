// Whether a leader that does not work ought to go on leading. Crashes and probes come in, a verdict
// comes out. Time is handed in.
#pragma once

#include <tenure/time.hpp>

namespace tenure::sidecar {

class health_rules {
 public:
  unsigned crashes = 5;   ///< so many in a row, and it is not healthy
  unsigned failures = 3;  ///< the same of probes
  duration cool_down = std::chrono::minutes(1);  ///< how long it then stays out
  /// Probes go on while it does not lead: it is healthy again when one succeeds, and not before.
  bool probed_always = false;
};

class health_gate {
 public:
  explicit health_gate(health_rules rules) : rules_(rules) {}

  /// The command was started: what probes found of the one before is over.
  void began() noexcept {
    if (!rules_.probed_always) failures_ = 0;
  }
  /// The command ended badly, soon after it was started.
  void crashed(time_point now);
  /// The command ran for long enough, or ended well.
  void ran_well() noexcept { crashes_ = 0; }
  void probed(bool good, time_point now);

  bool healthy(time_point now) const noexcept {
    return now >= out_until_ && !(rules_.probed_always && sick_);
  }
  /// When that may change by itself; time_point::max() where it does not.
  time_point next(time_point now) const noexcept {
    return now < out_until_ ? out_until_ : time_point::max();
  }
  unsigned crashes() const noexcept { return crashes_; }

 private:
  health_rules rules_;
  unsigned crashes_ = 0;
  unsigned failures_ = 0;
  bool sick_ = false;  // as the probes have it
  time_point out_until_ = time_point::min();
};

}  // namespace tenure::sidecar
