// Answers as Consul writes them: bodies, headers, statuses.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "agent/records.hpp"
#include "runtime/transport.hpp"
#include "text/json_writer.hpp"

namespace tenure::agent {

/// A key; `with_value` false gives null for the value, as most operations of a transaction do.
void write_entry(text::json_writer& json, const kv_fields& entry, bool with_value);
void write_session(text::json_writer& json, const session_record& session);

/// Compact JSON laid out as Go's MarshalIndent does with four spaces, and a newline: `?pretty`.
std::string pretty_json(std::string_view compact);

/// What a query answers besides its body.
class query_meta {
 public:
  explicit query_meta(std::uint64_t of) : index(of) {}
  std::uint64_t index;  ///< 0 is shown as 1: a client that sent 0 back would never block
  bool known_leader = true;
};

/// What Consul shows where the query failed before it was begun.
inline query_meta no_meta() {
  query_meta meta(0);
  meta.known_leader = false;
  return meta;
}

runtime::http_response json_response(unsigned status, std::string body);
runtime::http_response json_response(unsigned status, std::string body, const query_meta& meta);
/// Plain text; without text no Content-Type.
runtime::http_response text_response(unsigned status, std::string text);
runtime::http_response text_response(unsigned status, std::string text, const query_meta& meta);
/// The value of a key as it is.
runtime::http_response raw_response(std::string value, const query_meta& meta);
runtime::http_response redirect_response(std::string_view method, const std::string& location);
/// A path that does not parse.
runtime::http_response bad_path_response();
/// What the server answers to a path that it does not know: it never reached an endpoint.
runtime::http_response unknown_path_response();
/// What it answers at its root.
runtime::http_response root_response();

}  // namespace tenure::agent
