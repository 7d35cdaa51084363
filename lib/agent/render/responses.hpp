// HTTP responses as Consul writes them: statuses, headers, the layout of bodies.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "agent/consul_version.hpp"
#include "runtime/transport.hpp"

namespace tenure::agent {

/// Compact JSON laid out as Go's MarshalIndent does with four spaces, and a newline: `?pretty`.
std::string pretty_json(std::string_view compact);

/// What the headers of a query's response say.
class query_meta {
 public:
  explicit query_meta(std::uint64_t of) : index(of) {}
  std::uint64_t index;  ///< 0 is shown as 1: a client that sends 0 back would never block
  bool known_leader = true;
  std::string_view backend;  ///< X-Consul-Query-Backend; empty: none
};


runtime::http_response json_response(unsigned status, std::string body);
runtime::http_response json_response(unsigned status, std::string body, const query_meta& meta);
/// Plain text; no Content-Type if the text is empty.
runtime::http_response text_response(unsigned status, std::string text);
runtime::http_response text_response(unsigned status, std::string text, const query_meta& meta);
/// The refusal of a query that failed before it started.
runtime::http_response unstarted_query(unsigned status, std::string text,
                                       const consul_traits& traits);
/// The bytes of a key's value.
runtime::http_response raw_response(std::string value, const query_meta& meta);
runtime::http_response redirect_response(unsigned status, std::string_view method,
                                         const std::string& location);
/// For a path that does not parse.
runtime::http_response bad_path_response();
/// For a path of no endpoint.
runtime::http_response unknown_path_response(std::string_view path, const consul_traits& traits);
/// For the path /.
runtime::http_response root_response(const consul_traits& traits);

/// Adds what the responses of all endpoints have. The responses above that take a path have not.
void finish_response(runtime::http_response& response, const consul_traits& traits);

}  // namespace tenure::agent
