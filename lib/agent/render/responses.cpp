#include "agent/render/responses.hpp"

#include <algorithm>

namespace tenure::agent {
namespace {

constexpr std::string_view plain_text = "text/plain; charset=utf-8";

void add(runtime::http_response& response, std::string_view name, std::string value) {
  response.headers.emplace_back(name, std::move(value));
}

void add_vary(runtime::http_response& response) { add(response, "Vary", "Accept-Encoding"); }

void add_meta(runtime::http_response& response, const query_meta& meta) {
  add(response, "X-Consul-Index", std::to_string(std::max<std::uint64_t>(meta.index, 1)));
  add(response, "X-Consul-Knownleader", meta.known_leader ? "true" : "false");
  add(response, "X-Consul-Lastcontact", "0");
  if (!meta.backend.empty()) add(response, "X-Consul-Query-Backend", std::string(meta.backend));
}

/// Replaces \u0008 and \u000c, as Go writes them since 1.22.
void shorten_escapes(std::string& json) {
  if (json.find("\\u00") == json.npos) return;
  std::size_t kept = json.find('\\');
  for (std::size_t i = kept; i < json.size();) {
    const std::string_view rest = std::string_view(json).substr(i);
    if (rest.starts_with("\\u0008") || rest.starts_with("\\u000c")) {
      json[kept++] = '\\';
      json[kept++] = rest[5] == '8' ? 'b' : 'f';
      i += 6;
    } else {
      // A backslash takes its next character along: \\u0008 is no escape of a backspace.
      for (int step = rest.front() == '\\' ? 2 : 1; step > 0; --step) json[kept++] = json[i++];
    }
  }
  json.resize(kept);
}

std::string html_escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&#34;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

}  // namespace

std::string pretty_json(std::string_view compact) {
  std::string out;
  std::size_t depth = 0;
  const auto new_line = [&] {
    out += '\n';
    out.append(depth * 4, ' ');
  };
  for (std::size_t i = 0; i < compact.size(); ++i) {
    const char c = compact[i];
    const char next = i + 1 < compact.size() ? compact[i + 1] : '\0';
    switch (c) {
      case '"': {
        std::size_t end = i + 1;
        while (compact[end] != '"') end += compact[end] == '\\' ? 2 : 1;
        out.append(compact.substr(i, end + 1 - i));
        i = end;
        break;
      }
      case '{':
      case '[':
        out += c;
        if (next == '}' || next == ']') {
          out += next;
          ++i;
        } else {
          ++depth;
          new_line();
        }
        break;
      case '}':
      case ']':
        --depth;
        new_line();
        out += c;
        break;
      case ',':
        out += c;
        new_line();
        break;
      case ':': out += ": "; break;
      default: out += c;
    }
  }
  return out + "\n";
}

runtime::http_response json_response(unsigned status, std::string body) {
  runtime::http_response response(status, std::move(body));
  response.headers.reserve(2);
  add(response, "Content-Type", "application/json");
  add_vary(response);
  return response;
}

runtime::http_response json_response(unsigned status, std::string body, const query_meta& meta) {
  runtime::http_response response(status, std::move(body));
  response.headers.reserve(5);
  add(response, "Content-Type", "application/json");
  add_vary(response);
  add_meta(response, meta);
  return response;
}

runtime::http_response text_response(unsigned status, std::string text) {
  runtime::http_response response(status, std::move(text));
  if (!response.body.empty()) add(response, "Content-Type", std::string(plain_text));
  add_vary(response);
  return response;
}

runtime::http_response text_response(unsigned status, std::string text, const query_meta& meta) {
  runtime::http_response response = text_response(status, std::move(text));
  add_meta(response, meta);
  return response;
}

runtime::http_response unstarted_query(unsigned status, std::string text,
                                       const consul_traits& traits) {
  query_meta meta(0);
  meta.known_leader = false;
  meta.backend = traits.query_backend;
  return text_response(status, std::move(text), meta);
}

runtime::http_response raw_response(std::string value, const query_meta& meta) {
  runtime::http_response response(200, std::move(value));
  add(response, "Content-Security-Policy", "sandbox");
  add(response, "Content-Type", "text/plain");
  add_vary(response);
  add_meta(response, meta);
  add(response, "X-Content-Type-Options", "nosniff");
  return response;
}

runtime::http_response redirect_response(unsigned status, std::string_view method,
                                         const std::string& location) {
  runtime::http_response response(status, {});
  if (method == "GET" || method == "HEAD") {
    add(response, "Content-Type", "text/html; charset=utf-8");
  }
  add(response, "Location", location);
  if (method == "GET") {
    const char* what = status == 307 ? "Temporary Redirect" : "Moved Permanently";
    response.body = "<a href=\"" + html_escape(location) + "\">" + what + "</a>.\n\n";
  }
  return response;
}

runtime::http_response bad_path_response() {
  runtime::http_response response(400, "400 Bad Request");
  add(response, "Content-Type", std::string(plain_text));
  return response;
}

runtime::http_response unknown_path_response(std::string_view path, const consul_traits& traits) {
  const bool in_api = path.find("/v1/") != path.npos;
  runtime::http_response response(404,
                                  std::string(in_api ? traits.no_such_path : traits.no_such_api));
  if (!response.body.empty()) add(response, "Content-Type", std::string(plain_text));
  return response;
}

runtime::http_response root_response(const consul_traits& traits) {
  runtime::http_response response(200, std::string(traits.root_text));
  add(response, "Content-Type", std::string(plain_text));
  return response;
}

void finish_response(runtime::http_response& response, const consul_traits& traits) {
  if (!traits.acl_policy.empty()) {
    add(response, "X-Consul-Default-Acl-Policy", std::string(traits.acl_policy));
  }
  if (traits.types_empty_bodies && response.header("Content-Type").empty()) {
    if (response.status == 200) add(response, "Content-Type", "application/json");
    if (response.status == 500) add(response, "Content-Type", std::string(plain_text));
  }
  if (traits.short_json_escapes && response.header("Content-Type") == "application/json") {
    shorten_escapes(response.body);
  }
}

}  // namespace tenure::agent
