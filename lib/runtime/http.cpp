#include <algorithm>

#include "runtime/transport.hpp"

namespace tenure::runtime {
namespace {

// Header names are ASCII: no locale.
char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_name(std::string_view a, std::string_view b) noexcept {
  return std::ranges::equal(a, b, {}, lower, lower);
}

}  // namespace

std::string_view http_response::header(std::string_view name) const noexcept {
  for (const auto& [field, value] : headers)
    if (same_name(field, name)) return value;
  return {};
}

}  // namespace tenure::runtime
