// Durations as people write them: 500ms, 15s, 1m30s, 24h.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <tenure/time.hpp>

namespace tenure::apps {

/// An argument, variable or file that the user must correct. what() is one line that names the
/// value and the remedy.
class usage_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Parses whole numbers with units (d, h, m, s, ms, us, ns), the larger ones first, each at most
/// once; "0" needs none. Throws usage_error.
duration parse_duration(std::string_view text);

/// The same notation: 1m30s. A unit whose count is 0 is left out.
std::string to_text(duration d);

}  // namespace tenure::apps
