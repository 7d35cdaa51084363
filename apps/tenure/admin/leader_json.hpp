// A leader as the subcommands print it with --json.
#pragma once

#include <string>
#include <tenure/elections.hpp>

namespace tenure::apps {

/// {"key": ..., "value": ..., "session": ..., "fence": ...}; without a leader value and session are
/// null, and the fence is 0. A value that is not UTF-8 is also in "value_base64": in "value" its
/// other bytes are U+FFFD.
std::string to_json(const leader& who);

}  // namespace tenure::apps
