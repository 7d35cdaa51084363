#include "wire/request_header.hpp"

#include <algorithm>
#include <tenure/toolkit/ascii.hpp>

#include "text/hex.hpp"

namespace tenure::wire {
namespace {

constexpr header_fault long_target{.status = 414, .text = "414 URI Too Long"};
constexpr std::size_t longest_length = 18;  // digits; fits into 64 bits

bool is_token(std::string_view text) noexcept {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return text::is_letter_or_digit(c) || marks.find(c) != marks.npos;
  });
}

bool is_host(std::string_view text) noexcept {
  constexpr std::string_view marks = "!$%&'()*+,-.:;=[]_~";
  return std::ranges::all_of(text, [&](char c) {
    return text::is_letter_or_digit(c) || marks.find(c) != marks.npos;
  });
}

std::string_view trim(std::string_view text) noexcept {
  constexpr std::string_view space = " \t";
  const std::size_t first = std::min(text.find_first_not_of(space), text.size());
  text.remove_prefix(first);
  return text.substr(0, text.find_last_not_of(space) + 1);
}

/// Takes a line and its CRLF from the header.
std::string_view take_line(std::string_view& header) noexcept {
  const std::size_t end = header.find("\r\n");
  const std::string_view line = header.substr(0, end);
  header.remove_prefix(end == header.npos ? header.size() : end + 2);
  return line;
}

class request_line {
 public:
  explicit request_line(std::string_view line) noexcept {
    const std::size_t first = std::min(line.find(' '), line.size());
    const std::size_t last = std::max(line.rfind(' ') + 1, first);
    method = line.substr(0, first);
    version = line.substr(std::min(last, line.size()));
    if (last > first + 1) target = line.substr(first + 1, last - first - 2);
  }

  std::string_view method;
  std::string_view target;
  std::string_view version;
};

/// Where the path of a target begins that names its server; 0 for one that does not.
std::size_t origin_size(std::string_view target) noexcept {
  if (target.starts_with('/')) return 0;
  const std::size_t scheme = target.find("://");
  if (scheme == target.npos || !is_token(target.substr(0, scheme))) return 0;
  return std::min(target.find_first_of("/?", scheme + 3), target.size());
}

bool has_valid_escapes(std::string_view path) noexcept {
  for (std::size_t i = path.find('%'); i != path.npos; i = path.find('%', i + 3)) {
    if (path.size() - i < 3 || text::hex_value(path[i + 1]) < 0 ||
        text::hex_value(path[i + 2]) < 0) {
      return false;
    }
  }
  return true;
}

bool is_target(const request_line& line) noexcept {
  if (line.target.empty() || line.target.find(' ') != line.target.npos) return false;
  if (line.method == "CONNECT") return true;
  if (line.target == "*") return line.method == "OPTIONS";
  const std::size_t origin = origin_size(line.target);
  if (origin == 0 && !line.target.starts_with('/')) return false;
  if (origin > 0 && line.target.substr(0, origin).ends_with("://")) return false;
  return has_valid_escapes(line.target.substr(0, line.target.find('?')));
}

header_fault check_version(std::string_view version) noexcept {
  if (version == "HTTP/1.1" || version == "HTTP/1.0") return {};
  constexpr std::size_t length = std::string_view("HTTP/1.1").size();
  const bool well_formed = version.size() == length && version.starts_with("HTTP/") &&
                           text::is_digit(version[5]) && version[6] == '.' &&
                           text::is_digit(version[7]);
  if (!well_formed) return bad_request;
  return {.status = 505, .text = "505 HTTP Version Not Supported: unsupported protocol version"};
}

/// What the fields say about the length of the body and about the server.
class fields {
 public:
  bool add(std::string_view line) noexcept {
    const std::size_t colon = line.find(':');
    // A line that begins with a space would continue the one before.
    if (colon == line.npos || !is_token(line.substr(0, colon))) return false;
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = trim(line.substr(colon + 1));
    if (text::iequals(name, "Host")) {
      ++hosts;
      host = value;
    } else if (text::iequals(name, "Content-Length")) {
      ++lengths;
      length = value;
    } else if (text::iequals(name, "Transfer-Encoding")) {
      ++encodings;
      encoding = value;
    } else if (text::iequals(name, "Authorization")) {
      ++authorizations;
    } else if (text::iequals(name, "Expect")) {
      expect = value;
    }
    return true;
  }

  header_fault check(bool http_1_0) const noexcept {
    if (!http_1_0 && hosts == 0)
      return {.status = 400, .text = "400 Bad Request: missing required Host header"};
    if (hosts > 1) return {.status = 400, .text = "400 Bad Request: too many Host headers"};
    if (!is_host(host)) return {.status = 400, .text = "400 Bad Request: malformed Host header"};
    if (authorizations > 1)
      return {.status = 400, .text = "400 Bad Request: too many Authorization headers"};
    if (lengths > 1 || (lengths > 0 && encodings > 0)) return bad_request;
    if (lengths > 0 && !is_length()) return bad_request;
    if (encodings > 1 || (encodings > 0 && http_1_0)) return bad_request;
    if (encodings > 0 && !text::iequals(encoding, "chunked"))
      return {.status = 501, .text = "501 Not Implemented: Unsupported transfer encoding"};
    if (!http_1_0 && !expect.empty() && !text::iequals(expect, "100-continue"))
      return {.status = 417, .text = "417 Expectation Failed"};
    return {};
  }

 private:
  bool is_length() const noexcept {
    return !length.empty() && length.size() <= longest_length &&
           std::ranges::all_of(length, [](char c) { return text::is_digit(c); });
  }

  std::size_t hosts = 0;
  std::size_t lengths = 0;
  std::size_t encodings = 0;
  std::size_t authorizations = 0;
  std::string_view host;
  std::string_view length;
  std::string_view encoding;
  std::string_view expect;
};

}  // namespace

header_scan scan_header(std::string_view input, std::size_t& scanned) noexcept {
  for (; scanned < input.size(); ++scanned) {
    const char c = input[scanned];
    const char before = scanned == 0 ? '\0' : input[scanned - 1];
    const bool control = (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7f';
    if ((c == '\n') != (before == '\r') || (control && c != '\r' && c != '\n'))
      return {.state = header_state::invalid};
    if (c == '\n' && scanned >= 3 && input[scanned - 2] == '\n')
      return {.state = header_state::complete, .size = scanned + 1};
  }
  return {};
}

header_fault check_header(std::string_view header, std::size_t target_limit) noexcept {
  const request_line line(take_line(header));
  if (!is_token(line.method)) return bad_request;
  if (const header_fault fault = check_version(line.version)) return fault;
  if (target_limit > 0 && line.target.size() > target_limit) return long_target;
  if (!is_target(line)) return bad_request;
  fields found;
  while (header != "\r\n" && !header.empty()) {
    if (!found.add(take_line(header))) return bad_request;
  }
  return found.check(line.version == "HTTP/1.0");
}

header_fault oversized_header(std::string_view begin, std::size_t target_limit) noexcept {
  const std::size_t end = begin.find("\r\n");
  if (target_limit > 0 && end == begin.npos && begin.find(' ') != begin.npos) return long_target;
  const request_line line(begin.substr(0, end));
  if (target_limit > 0 && line.target.size() > target_limit) return long_target;
  return {.status = 431, .text = "431 Request Header Fields Too Large"};
}

std::string origin_form(std::string_view target) {
  const std::size_t origin = origin_size(target);
  const std::string_view rest = target.substr(origin);
  if (origin > 0 && !rest.starts_with('/')) return "/" + std::string(rest);
  return std::string(rest);
}

}  // namespace tenure::wire
