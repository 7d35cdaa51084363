#include <tenure/leader_settings.hpp>
#include <utility>

#include "consul/documents.hpp"

namespace tenure {

std::optional<settings_snapshot> settings_snapshot::parse(std::string text) {
  auto values = consul::parse_settings(std::move(text));
  if (!values) return std::nullopt;
  settings_snapshot made;
  made.values = std::move(*values);
  return made;
}

std::string settings_snapshot::text() const { return consul::settings_text(values); }

}  // namespace tenure
