#include <tenure/toolkit/ascii.hpp>
#include <tenure/toolkit/http_message.hpp>

namespace tenure::runtime {

std::string_view http_response::header(std::string_view name) const noexcept {
  for (const auto& [field, value] : headers)
    if (text::iequals(field, name)) return value;
  return {};
}

}  // namespace tenure::runtime
