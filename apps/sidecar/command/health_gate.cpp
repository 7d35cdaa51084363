#include "sidecar/command/health_gate.hpp"

namespace tenure::sidecar {

void health_gate::crashed(time_point now) {
  if (++crashes_ < rules_.crashes) return;
  crashes_ = 0;
  out_until_ = now + rules_.cool_down;
}

void health_gate::probed(probe_result result, time_point now) {
  const bool passed = result == probe_result::passed;
  failures_ = passed ? 0 : failures_ + 1;
  if (passed) sick_ = false;
  if (failures_ < rules_.failures) return;
  failures_ = 0;
  sick_ = true;
  // Without probes while it does not lead, only time can make it healthy again.
  if (!probed_always()) out_until_ = now + rules_.cool_down;
}

}  // namespace tenure::sidecar
