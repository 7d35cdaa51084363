// A leader as the subcommands print it with --json.
#pragma once

#include <string>
#include <tenure/elections.hpp>

namespace tenure::apps {

/// {"key": ..., "value": ..., "session": ..., "fence": ...}; without a leader value and session are
/// null, and the fence is 0.
std::string to_json(const leader& who);

}  // namespace tenure::apps
