#include "contract.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <simdjson.h>
#include <stdexcept>
#include <tenure/toolkit/base64.hpp>

namespace tenure::test {
namespace {

namespace dom = simdjson::dom;

void ensure(const http_answer& answer, std::string_view body, const std::string& what) {
  if (answer.status != 200 || (!body.empty() && answer.body != body)) {
    throw std::runtime_error(what + ": " + seen(answer));
  }
}

std::string text_of(const dom::element& element) {
  std::string_view text;
  return element.get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

bool is_true(const http_answer& answer, const std::string& what) {
  ensure(answer, {}, what);
  return answer.body == "true";
}

}  // namespace

bool newer() { return server().version() == consul_version::v1_21; }

http_probe connect() { return http_probe(server().address()); }

http_answer ask(std::string_view method, std::string_view target, std::string_view body) {
  static std::optional<http_probe> kept;
  if (!kept) kept.emplace(server().address());
  http_answer answer = kept->ask(method, target, body);
  if (answer.header("Connection") == "close") kept.reset();
  return answer;
}

std::string make_session(std::string_view body) {
  const http_answer made = ask("PUT", "/v1/session/create", body);
  ensure(made, {}, "session/create");
  return made.body.substr(7, 36);
}

void destroy_session(const std::string& id) {
  ensure(ask("PUT", "/v1/session/destroy/" + id), "true", "session/destroy");
}

void put(const std::string& key, std::string_view value) {
  ensure(ask("PUT", "/v1/kv/" + key, value), "true", "put " + key);
}

bool acquire(const std::string& key, const std::string& session, std::string_view value) {
  return is_true(ask("PUT", "/v1/kv/" + key + "?acquire=" + session, value), "acquire " + key);
}

bool release(const std::string& key, const std::string& session, std::string_view value) {
  return is_true(ask("PUT", "/v1/kv/" + key + "?release=" + session, value), "release " + key);
}

shown_key show(const std::string& key) {
  const http_answer answer = ask("GET", "/v1/kv/" + key + "?consistent");
  shown_key shown;
  if (answer.status == 404) return shown;
  ensure(answer, {}, "get " + key);
  dom::parser parser;
  const dom::element entry = parser.parse(answer.body).at(0);
  shown.exists = true;
  shown.value = text::base64_decode(text_of(entry["Value"])).value_or("not base64");
  if (dom::element session; entry["Session"].get(session) == simdjson::SUCCESS) {
    shown.session = text_of(session);
  }
  shown.flags = entry["Flags"].get_uint64();
  shown.lock_index = entry["LockIndex"].get_uint64();
  shown.create_index = entry["CreateIndex"].get_uint64();
  shown.modify_index = entry["ModifyIndex"].get_uint64();
  return shown;
}

std::string op(std::string_view verb, const std::string& key, std::string_view more) {
  std::string text = R"({"KV":{"Verb":")" + std::string(verb) + R"(","Key":")" + key + '"';
  if (!more.empty()) text += "," + std::string(more);
  return text + "}}";
}

std::string op_session(std::string_view verb, const std::string& key, const std::string& session,
                       std::string_view value) {
  return op(verb, key,
            R"("Session":")" + session + R"(","Value":")" + text::base64_encode(value) + '"');
}

std::string op_index(std::string_view verb, const std::string& key, std::uint64_t index,
                     std::string_view value) {
  return op(verb, key,
            R"("Index":)" + std::to_string(index) + R"(,"Value":")" + text::base64_encode(value) +
                '"');
}

std::string op_value(std::string_view verb, const std::string& key, std::string_view value) {
  return op(verb, key, R"("Value":")" + text::base64_encode(value) + '"');
}

http_answer txn(std::initializer_list<std::string> operations, std::string_view query) {
  std::string body = "[";
  for (const std::string& operation : operations) {
    if (body.size() > 1) body += ',';
    body += operation;
  }
  return ask("PUT", "/v1/txn" + std::string(query), body + "]");
}

std::vector<std::string> refusals(const http_answer& answer) {
  if (answer.status != 409) throw std::runtime_error("not refused: " + seen(answer));
  dom::parser parser;
  const dom::element document = parser.parse(answer.body);
  std::vector<std::string> texts;
  for (const dom::element error : document["Errors"].get_array()) {
    const std::uint64_t operation = error["OpIndex"].get_uint64();
    texts.push_back(std::to_string(operation) + ": " + text_of(error["What"]));
  }
  return texts;
}

parked_query::parked_query(const std::string& target, std::uint64_t after, std::string_view wait)
    : probe_(server().address()) {
  const char joint = target.find('?') == std::string::npos ? '?' : '&';
  probe_.send("GET", target + joint + "index=" + std::to_string(after) +
                         "&wait=" + std::string(wait));
}

void let_park() {
  // Consul serves each connection in a goroutine: several rounds let all of them run.
  constexpr int rounds = 20;
  for (int i = 0; i < rounds; ++i) {
    http_probe probe = connect();
    probe.ask("GET", "/v1/status/leader");
  }
}

namespace {

/// Drops what depends on Go's release: the path of the field in a type error, and the type itself
/// if it is a whole struct.
std::string without_go_types(std::string text) {
  constexpr std::string_view field = "Go struct field ";
  constexpr std::string_view type = " of type ";
  const std::size_t name = text.find(field);
  if (!newer() || name == text.npos) return text;
  const std::size_t end = text.find(type, name);
  if (end == text.npos) return text;
  const bool whole = text.compare(end + type.size(), 7, "struct ") == 0;
  return text.substr(0, name + field.size()) + (whole ? "of a struct" : text.substr(end));
}

using header_lines = std::vector<std::string>;

/// Removes the header that every such answer of 1.21 has; adds a line that says so if it is not
/// there.
void expect_common(header_lines& lines, const std::string& name,
                   std::initializer_list<std::string_view> values) {
  for (const std::string_view value : values) {
    const auto found = std::find(lines.begin(), lines.end(), name + ": " + std::string(value));
    if (found == lines.end()) continue;
    lines.erase(found);
    return;
  }
  lines.push_back(name + " is missing");
}

}  // namespace

std::string seen(const http_answer& answer) {
  header_lines lines;
  for (const auto& [name, value] : answer.headers) {
    if (name == "Date" || name == "Content-Length" || name == "Transfer-Encoding" ||
        name == "Connection") {
      continue;
    }
    lines.push_back(name + ": " + value);
  }
  const bool from_endpoint = !answer.header("Vary").empty();
  if (newer() && from_endpoint) {
    expect_common(lines, "X-Consul-Default-Acl-Policy", {"allow"});
    if (!answer.header("X-Consul-Index").empty()) {
      expect_common(lines, "X-Consul-Query-Backend", {"blocking-query", "streaming"});
    }
    if (answer.body.empty() && answer.status == 200) {
      expect_common(lines, "Content-Type", {"application/json"});
    }
    if (answer.body.empty() && answer.status == 500) {
      expect_common(lines, "Content-Type", {"text/plain; charset=utf-8"});
    }
  }
  std::sort(lines.begin(), lines.end());
  std::string text = std::to_string(answer.status) + " " + answer.reason + "\n";
  for (const std::string& line : lines) text += line + "\n";
  return text + "\n" + without_go_types(answer.body);
}

std::string json_answer(std::string_view body) {
  return "200 OK\nContent-Type: application/json\nVary: Accept-Encoding\n\n" + std::string(body);
}

std::string query_answer(std::uint64_t index, std::string_view body) {
  return "200 OK\nContent-Type: application/json\nVary: Accept-Encoding\nX-Consul-Index: " +
         std::to_string(index) + "\nX-Consul-Knownleader: true\nX-Consul-Lastcontact: 0\n\n" +
         std::string(body);
}

std::string missing_answer(std::uint64_t index) {
  return "404 Not Found\nVary: Accept-Encoding\nX-Consul-Index: " + std::to_string(index) +
         "\nX-Consul-Knownleader: true\nX-Consul-Lastcontact: 0\n\n";
}

std::string text_answer(int status, std::string_view reason, std::string_view text) {
  return std::to_string(status) + " " + std::string(reason) +
         "\nContent-Type: text/plain; charset=utf-8\nVary: Accept-Encoding\n\n" +
         without_go_types(std::string(text));
}

}  // namespace tenure::test
