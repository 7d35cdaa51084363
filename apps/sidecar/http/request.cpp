#include "sidecar/http/request.hpp"

#include <algorithm>
#include <tenure/toolkit/ascii.hpp>

namespace tenure::sidecar {

std::string_view request::path() const { return target().substr(0, target().find('?')); }

std::optional<std::string_view> request::query_param(std::string_view name) const {
  const std::size_t mark = std::min(target().find('?'), target().size());
  for (std::string_view rest = target().substr(std::min(mark + 1, target().size()));
       !rest.empty();) {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view pair = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::size_t equal = std::min(pair.find('='), pair.size());
    if (pair.substr(0, equal) == name) return pair.substr(std::min(equal + 1, pair.size()));
  }
  return std::nullopt;
}

std::optional<std::string_view> request::header(std::string_view name) const {
  for (const auto& [key, value] : request_.headers) {
    if (text::iequals(key, name)) return std::string_view(value);
  }
  return std::nullopt;
}

bool request::has_body() const noexcept {
  return !request_.body.empty() || header("Content-Length").value_or("0") != "0" ||
         header("Transfer-Encoding").has_value();
}

}  // namespace tenure::sidecar
