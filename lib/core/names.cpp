// Names for what is printed, logged and compared by people.
#include <tenure/end_reason.hpp>
#include <tenure/standing.hpp>

namespace tenure {

std::string_view to_string(end_reason reason) noexcept {
  switch (reason) {
    case end_reason::none:
      return "none";
    case end_reason::resigned:
      return "resigned";
    case end_reason::expired:
      return "expired";
    case end_reason::session_lost:
      return "session_lost";
    case end_reason::key_taken:
      return "key_taken";
    case end_reason::key_released:
      return "key_released";
    case end_reason::key_missing:
      return "key_missing";
    case end_reason::overwritten:
      return "overwritten";
    case end_reason::health_failed:
      return "health_failed";
    case end_reason::handed_over:
      return "handed_over";
    case end_reason::shut_down:
      return "shut_down";
  }
  return "unknown";
}

std::string_view to_string(standing s) noexcept {
  switch (s) {
    case standing::watching:
      return "watching";
    case standing::candidate:
      return "candidate";
    case standing::pending:
      return "pending";
    case standing::leading:
      return "leading";
    case standing::stopping:
      return "stopping";
  }
  return "unknown";
}

}  // namespace tenure
