// Decides whether an instance may stand for election, by its Consul service: clients find the
// leader through the service, so an instance whose service is missing or critical should not lead.
// The caller passes what the agent says, and the time.
#pragma once

#include <string>
#include <string_view>
#include <tenure/time.hpp>

#include "sidecar/reconcile/recurrence.hpp"

namespace tenure::sidecar {

/// Whether the checks of the service count.
enum class health_use { gates, ignored };

class service_gate {
 public:
  explicit service_gate(health_use health) : health_(health) {}

  void found();
  /// The agent does not know the service.
  void missing(time_point now);
  /// No check is critical; warnings are fine.
  void passing(time_point now);
  /// A check of the service or its node is critical, or one of the two is in maintenance; `why` for
  /// people.
  void critical(time_point now, std::string why);

  /// `leading`: the instance leads now. A leader has a moment in which its service may be
  /// registered anew; everything else takes effect at once.
  bool open(time_point now, bool leading) const { return reason(now, leading).empty(); }
  /// Why the gate is closed; empty while it is open.
  std::string_view reason(time_point now, bool leading) const;
  /// Whether the agent has said all that the gate needs.
  bool known() const noexcept {
    return was_found_ && (!found_ || health_ == health_use::ignored || seen_ != health::unknown);
  }
  /// What critical() said; empty since the checks pass.
  const std::string& checks() const noexcept { return why_; }

 private:
  enum class health { unknown, passing, critical };

  const health_use health_;
  bool found_ = false;
  bool was_found_ = false;
  time_point missing_since_ = time_point::min();
  health seen_ = health::unknown;
  std::string why_;
  recurrence flaps_{{.quiet_time = std::chrono::minutes(5),
                     .first_pause = std::chrono::seconds(2),
                     .longest_pause = std::chrono::minutes(1)}};
  time_point steady_at_ = time_point::min();  // passing for long enough
};

}  // namespace tenure::sidecar
