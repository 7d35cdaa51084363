// Reads Consul's answers. All or nothing: an answer that is cut short, or has not the form that it
// must have, is bad_answer and fills nothing in.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "consul/types.hpp"

namespace tenure::consul {

/// A simdjson parser, reused: keep one a client. Bodies are taken by reference because simdjson
/// wants room behind them; their text is not changed.
class parser {
 public:
  parser();
  parser(const parser&) = delete;
  parser& operator=(const parser&) = delete;
  ~parser();

  /// [{"LockIndex": ...}, ...]
  error_code kv(std::string& body, std::vector<kv_entry>& entries);
  /// The same, key by key. With an error the reader has been shown a part of it.
  error_code kv(std::string& body, kv_reader& reader);
  /// [{"ID": ...}, ...]
  error_code sessions(std::string& body, std::vector<session_entry>& sessions);
  /// {"ID": "..."}
  error_code session_id(std::string& body, std::string& id);
  /// {"Results": [{"KV": ...}, ...] or null, "Errors": [...] or null, ...}. With an error `results`
  /// has been shown a part of it.
  error_code txn(std::string& body, kv_reader& results, std::vector<txn_error>& failures);
  /// "text"
  error_code text(std::string& body, std::string& text);

 private:
  class json;
  std::unique_ptr<json> json_;
};

/// What a failed operation of a transaction says of itself.
txn_failure classify(std::string_view what) noexcept;

}  // namespace tenure::consul
