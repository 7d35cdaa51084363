// Decides whether a leader that does not work should keep its leadership. Crashes and results of
// probes come in, a verdict comes out. The caller passes the time.
#pragma once

#include <tenure/time.hpp>

namespace tenure::sidecar {

enum class probe_result { passed, failed };

class health_rules {
 public:
  /// When probes run.
  enum class probing {
    while_leading,
    always,  ///< unhealthy from failed probes until a probe passes, instead of for the cool-down
  };

  unsigned crashes = 5;   ///< in a row, until it is unhealthy
  unsigned failures = 3;  ///< of probes in a row, until it is unhealthy
  duration cool_down = std::chrono::minutes(1);  ///< how long it stays unhealthy
  probing probed = probing::while_leading;
};

class health_gate {
 public:
  explicit health_gate(health_rules rules) : rules_(rules) {}

  /// The command was started: failed probes of the previous run no longer count.
  void started() noexcept {
    if (!probed_always()) failures_ = 0;
  }
  /// The command failed soon after its start.
  void crashed(time_point now);
  /// The command ran long enough, or exited with 0.
  void ran_well() noexcept { crashes_ = 0; }
  void probed(probe_result result, time_point now);

  bool healthy(time_point now) const noexcept {
    return now >= out_until_ && !(probed_always() && sick_);
  }
  /// When healthy() changes by the passing of time; time_point::max() where it does not.
  time_point next(time_point now) const noexcept {
    return now < out_until_ ? out_until_ : time_point::max();
  }

 private:
  bool probed_always() const noexcept { return rules_.probed == health_rules::probing::always; }

  health_rules rules_;
  unsigned crashes_ = 0;
  unsigned failures_ = 0;
  bool sick_ = false;  // by the last probes
  time_point out_until_ = time_point::min();
};

}  // namespace tenure::sidecar
