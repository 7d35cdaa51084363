// The marks by which a Consul service shows its instance's role: two labels among its tags, and
// Meta.session.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <tenure/agent_services.hpp>

namespace tenure::sidecar {

/// What the marks are to say.
class service_marks {
 public:
  bool operator==(const service_marks&) const = default;

  bool leading = false;
  std::string session;  ///< empty: no Meta.session
};

/// The configured labels.
class service_labels {
 public:
  std::string primary = "primary";
  std::string replica;  ///< empty: none
};

/// The body for `agent/service/register` that gives the service these marks and changes nothing
/// else. Nothing where it has them already. `refused`: fields that the agent does not accept.
std::optional<std::string> registration(const agent_service& service,
                                        const service_marks& marks, const service_labels& labels,
                                        const std::set<std::string>& refused);

}  // namespace tenure::sidecar
