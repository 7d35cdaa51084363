#include "agent/requests/request_target.hpp"

#include <algorithm>
#include <tenure/toolkit/ascii.hpp>

#include "text/hex.hpp"

namespace tenure::agent {
namespace {

/// Go escapes the parts of a URL by different rules.
enum class url_part { path, query };

/// False for a broken escape.
bool unescape(std::string_view text, url_part part, std::string& out) {
  out.clear();
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      const int high = i + 2 < text.size() ? text::hex_value(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? text::hex_value(text[i + 2]) : -1;
      if (high < 0 || low < 0) return false;
      out += static_cast<char>(high << 4 | low);
      i += 2;
    } else {
      out += part == url_part::query && text[i] == '+' ? ' ' : text[i];
    }
  }
  return true;
}

/// Go's escape(): keeps nearly every delimiter in a path and none in a query.
std::string escape(std::string_view text, url_part part) {
  const bool query = part == url_part::query;
  const std::string_view kept = query ? "-_.~" : "-_.~$&+,/:;=@";
  std::string out;
  for (const char c : text) {
    if (text::is_letter_or_digit(c) || kept.find(c) != std::string_view::npos) {
      out += c;
    } else if (query && c == ' ') {
      out += '+';
    } else {
      out += '%';
      text::append_hex(out, c, text::upper_hex_digits);
    }
  }
  return out;
}

bool is_clean(std::string_view path) {
  return path.starts_with('/') && path.find("//") == path.npos && path.find("/./") == path.npos &&
         path.find("/../") == path.npos && !path.ends_with("/.") && !path.ends_with("/..");
}

/// Go's path.Clean, but it keeps the last slash.
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

}  // namespace

request_target::request_target(std::string_view target, semicolon how) {
  const std::size_t mark = std::min(target.find('?'), target.size());
  raw_path_ = target.substr(0, mark);
  path_valid_ = unescape(raw_path_, url_part::path, path_);
  if (mark == target.size()) return;
  raw_query_ = target.substr(mark + 1);
  parse_query(raw_query_, how);
}

void request_target::parse_query(std::string_view query, semicolon how) {
  const std::string_view separators = how == semicolon::separates ? "&;" : "&";
  while (!query.empty()) {
    const std::size_t end = std::min(query.find_first_of(separators), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    if (pair.find(';') != pair.npos) {
      query_valid_ = false;
      continue;
    }
    const std::size_t equals = std::min(pair.find('='), pair.size());
    std::pair<std::string, std::string> parameter;
    const std::string_view value = pair.substr(std::min(equals + 1, pair.size()));
    if (!unescape(pair.substr(0, equals), url_part::query, parameter.first) ||
        !unescape(value, url_part::query, parameter.second)) {
      query_valid_ = false;
      continue;
    }
    parameters_.push_back(std::move(parameter));
  }
}

std::optional<std::string> request_target::redirect(cleaned of) const {
  const std::string& path = of == cleaned::unescaped ? path_ : raw_path_;
  if (is_clean(path)) return std::nullopt;
  return with_query(escape(clean(path), url_part::path));
}

std::string request_target::with_slash() const {
  return with_query(escape(path_ + "/", url_part::path));
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
    out += escape(name, url_part::query);
    out += '=';
    out += escape(value, url_part::query);
  }
  return out;
}

}  // namespace tenure::agent
