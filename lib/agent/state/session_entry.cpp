#include "agent/state/session_entry.hpp"

#include <algorithm>

#include "agent/state/names.hpp"

namespace tenure::agent {

bool session_entry::bound_to(std::string_view check) const noexcept {
  const auto is = [check](const std::string& id) { return same_name(id, check); };
  const auto any = [&is](const std::vector<std::string>& ids) {
    return std::any_of(ids.begin(), ids.end(), is);
  };
  if (any(checks) || (node_checks && any(*node_checks))) return true;
  return service_checks && std::any_of(service_checks->begin(), service_checks->end(),
                                       [&is](const service_check& c) { return is(c.id); });
}

}  // namespace tenure::agent
