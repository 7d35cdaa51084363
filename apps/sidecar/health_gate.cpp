#include "sidecar/health_gate.hpp"

namespace tenure::sidecar {

void health_gate::crashed(time_point now) {
  if (++crashes_ < rules_.crashes) return;
  crashes_ = 0;
  out_until_ = now + rules_.cool_down;
}

void health_gate::probed(bool good, time_point now) {
  failures_ = good ? 0 : failures_ + 1;
  if (good) sick_ = false;
  if (failures_ < rules_.failures) return;
  failures_ = 0;
  // Whoever is probed all the time comes back when it is well; others after the cool-down.
  sick_ = true;
  if (!rules_.probed_always) out_until_ = now + rules_.cool_down;
}

}  // namespace tenure::sidecar
