// Parses Consul's answers, all or nothing: one that is truncated or not in the expected form is
// bad_answer and leaves the results untouched.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "consul/types.hpp"

namespace tenure::consul {

/// A simdjson parser, which is reused: keep one for each client. Bodies are passed by reference
/// because simdjson needs padding behind them; their text does not change.
class parser {
 public:
  parser();
  parser(const parser&) = delete;
  parser& operator=(const parser&) = delete;
  ~parser();

  /// [{"LockIndex": ...}, ...]
  error_code kv(std::string& body, std::vector<kv_entry>& entries);
  /// The same key by key. With an error the reader has seen a part of the answer.
  error_code kv(std::string& body, kv_reader& reader);
  /// [{"ID": ...}, ...]
  error_code sessions(std::string& body, std::vector<session_entry>& sessions);
  /// {"ID": "..."}
  error_code session_id(std::string& body, std::string& id);
  /// {"Results": [{"KV": ...}, ...] or null, "Errors": [...] or null, ...}. With an error `results`
  /// has seen a part of the answer.
  error_code txn(std::string& body, kv_reader& results, std::vector<txn_error>& failures);
  /// [{"KV": {"Verb": ..., "Key": ...}}, ...]: the body of a transaction.
  using show_operation = std::function<void(std::string_view verb, std::string_view key)>;
  error_code operations(std::string& body, const show_operation& show);
  /// "text"
  error_code text(std::string& body, std::string& text);

 private:
  class json;
  std::unique_ptr<json> json_;
};

/// What the text of a failed operation in a transaction means.
txn_failure classify(std::string_view what) noexcept;

}  // namespace tenure::consul
