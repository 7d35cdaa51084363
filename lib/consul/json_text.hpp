#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>

namespace tenure::consul {

/// A copy of a JSON string. Throws simdjson_error for another type.
inline std::string text_of(simdjson::ondemand::value value) {
  return std::string(std::string_view(value.get_string()));
}

}  // namespace tenure::consul
