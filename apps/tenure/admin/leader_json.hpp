// How the subcommands print a leader.
#pragma once

#include <string>
#include <tenure/elections.hpp>

namespace tenure::apps {

/// {"key": ..., "value": ..., "session": ..., "fence": ...}; without a leader value and session are
/// null, and the fence is 0.
std::string to_json(const leader& who);

/// Prints one line and flushes it. Ends the process with 0 if the reader has closed the pipe.
void print_line(const std::string& text);

}  // namespace tenure::apps
