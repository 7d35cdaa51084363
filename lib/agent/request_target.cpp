#include "agent/request_target.hpp"

#include <algorithm>

#include "text/percent.hpp"

namespace tenure::agent {
namespace {

constexpr std::string_view kept_in_paths = "$&+,/:;=@";

/// Go's url.QueryEscape.
std::string escape_query(std::string_view text) {
  std::string out = text::percent_encode(text, " ");
  std::ranges::replace(out, ' ', '+');
  return out;
}

bool is_clean(std::string_view path) {
  return path.starts_with('/') && path.find("//") == path.npos && path.find("/./") == path.npos &&
         path.find("/../") == path.npos && !path.ends_with("/.") && !path.ends_with("/..");
}

/// path.Clean with the last slash kept.
std::string clean(std::string_view path) {
  std::vector<std::string_view> parts;
  const bool slash = path.ends_with('/');
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, end);
    path.remove_prefix(std::min(end + 1, path.size()));
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
    } else if (!parts.empty()) {
      parts.pop_back();
    }
  }
  std::string out;
  for (const std::string_view part : parts) {
    out += '/';
    out += part;
  }
  if (out.empty() || slash) out += '/';
  return out;
}

/// http://host/path, as proxies ask, names the path alone.
std::string_view without_origin(std::string_view target) {
  if (target.starts_with('/')) return target;
  const std::size_t scheme = target.find("://");
  if (scheme == target.npos) return target;
  const std::size_t slash = target.find_first_of("/?", scheme + 3);
  return slash == target.npos ? std::string_view("/") : target.substr(slash);
}

}  // namespace

request_target::request_target(std::string_view target) {
  target = without_origin(target);
  const std::size_t mark = std::min(target.find('?'), target.size());
  if (auto path = text::percent_decode(target.substr(0, mark), text::plus_sign::literal))
    path_ = std::move(*path);
  else
    path_valid_ = false;
  if (mark == target.size()) return;
  raw_query_ = target.substr(mark + 1);
  parse_query(raw_query_);
}

void request_target::parse_query(std::string_view query) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find_first_of("&;"), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    constexpr auto plus = text::plus_sign::space;
    auto name = text::percent_decode(pair.substr(0, equals), plus);
    auto value = text::percent_decode(pair.substr(std::min(equals + 1, pair.size())), plus);
    if (name && value)
      parameters_.emplace_back(std::move(*name), std::move(*value));
    else
      query_valid_ = false;
  }
}

std::optional<std::string> request_target::redirect() const {
  if (is_clean(path_)) return std::nullopt;
  return with_query(text::percent_encode(clean(path_), kept_in_paths));
}

std::string request_target::with_slash() const {
  return with_query(text::percent_encode(path_ + "/", kept_in_paths));
}

std::string request_target::with_query(std::string_view path) const {
  std::string out(path);
  if (!raw_query_.empty()) out += "?" + raw_query_;
  return out;
}

bool request_target::has(std::string_view name) const noexcept {
  return std::any_of(parameters_.begin(), parameters_.end(),
                     [name](const auto& p) { return p.first == name; });
}

std::string_view request_target::get(std::string_view name) const noexcept {
  for (const auto& [known, value] : parameters_) {
    if (known == name) return value;
  }
  return {};
}

std::vector<std::string> request_target::all(std::string_view name) const {
  std::vector<std::string> values;
  for (const auto& [known, value] : parameters_) {
    if (known == name) values.push_back(value);
  }
  return values;
}

std::string request_target::encoded_query() const {
  auto sorted = parameters_;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string out;
  for (const auto& [name, value] : sorted) {
    if (!out.empty()) out += '&';
    out += escape_query(name);
    out += '=';
    out += escape_query(value);
  }
  return out;
}

}  // namespace tenure::agent
