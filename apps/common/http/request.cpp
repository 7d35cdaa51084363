#include "common/http/request.hpp"

#include <algorithm>
#include <tenure/toolkit/ascii.hpp>
#include <tenure/toolkit/percent.hpp>
#include <utility>

namespace tenure::apps {
namespace {

/// The server has refused invalid escapes in paths. In a query they stand for themselves.
std::string decode(std::string_view text, text::plus_sign plus) {
  return text::percent_decode(text, plus).value_or(std::string(text));
}

std::string decode_path(std::string_view path) {
  constexpr std::size_t escape_size = 3;
  std::string out;
  while (!path.empty()) {
    std::size_t slash = 0;
    while (slash < path.size() && !text::iequals(path.substr(slash, escape_size), "%2F")) ++slash;
    out += decode(path.substr(0, slash), text::plus_sign::literal);
    out += path.substr(slash, escape_size);
    path.remove_prefix(std::min(slash + escape_size, path.size()));
  }
  return out;
}

}  // namespace

request::request(runtime::http_request r)
    : request_(std::move(r)), path_(decode_path(target().substr(0, target().find('?')))) {}

std::optional<std::string> request::query_param(std::string_view name) const {
  const std::size_t mark = std::min(target().find('?'), target().size());
  for (std::string_view rest = target().substr(std::min(mark + 1, target().size()));
       !rest.empty();) {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view pair = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::size_t equal = std::min(pair.find('='), pair.size());
    if (decode(pair.substr(0, equal), text::plus_sign::space) == name)
      return decode(pair.substr(std::min(equal + 1, pair.size())), text::plus_sign::space);
  }
  return std::nullopt;
}

std::optional<std::string> request::header(std::string_view name) const {
  for (const auto& [key, value] : request_.headers) {
    if (text::iequals(key, name)) return value;
  }
  return std::nullopt;
}

bool request::has_body() const noexcept {
  return !request_.body.empty() || header("Content-Length").value_or("0") != "0" ||
         header("Transfer-Encoding").has_value();
}

}  // namespace tenure::apps
