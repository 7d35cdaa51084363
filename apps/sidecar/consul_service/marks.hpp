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

/// What Meta.session is used for.
enum class meta_use {
  session,  ///< it is the session of this instance
  none,     ///< the metadata stay as they are
};

/// The configured labels.
class service_labels {
 public:
  std::string primary = "primary";
  std::string replica;  ///< empty: none
  meta_use meta = meta_use::session;
};

bool has_label(const agent_service& service, const service_marks& marks,
               const service_labels& labels);
/// Always with meta_use::none.
bool has_session(const agent_service& service, const service_marks& marks,
                 const service_labels& labels);

/// The body for `agent/service/register` that gives the service these marks and changes nothing
/// else. Nothing where it has them already. `refused`: fields that the agent does not accept.
std::optional<std::string> registration(const agent_service& service,
                                        const service_marks& marks, const service_labels& labels,
                                        const std::set<std::string>& refused);

}  // namespace tenure::sidecar
