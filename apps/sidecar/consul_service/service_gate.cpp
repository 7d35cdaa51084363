#include "sidecar/consul_service/service_gate.hpp"

#include <utility>

namespace tenure::sidecar {

using namespace std::chrono_literals;

namespace {

/// How long a leader's service may be missing.
constexpr duration patience = 5s;

}  // namespace

void service_gate::found() { found_ = was_found_ = true; }

void service_gate::missing(time_point now) {
  if (!std::exchange(found_, false)) return;
  missing_since_ = now;
  // What its checks said is no news of the next registration.
  seen_ = health::unknown;
  why_.clear();
}

void service_gate::passing(time_point now) {
  // The pause counts from here: its checks have to pass for that long.
  if (seen_ == health::critical) steady_at_ = now + flaps_.pause();
  seen_ = health::passing;
  why_.clear();
}

void service_gate::critical(time_point now, std::string why) {
  why_ = std::move(why);
  if (seen_ == health::passing) flaps_.note(now);
  seen_ = health::critical;
}

std::string_view service_gate::reason(time_point now, bool leading) const {
  if (!was_found_) return "waiting for the service";
  if (!found_) {
    const bool patient = leading && now < missing_since_ + patience;
    return patient ? std::string_view() : "the service is deregistered";
  }
  if (health_ == health_use::ignored) return {};
  if (seen_ == health::unknown) return leading ? std::string_view() : "the health is unknown";
  if (seen_ == health::critical) return "the service is critical";
  return now < steady_at_ ? "the checks of the service flap" : std::string_view();
}

}  // namespace tenure::sidecar
