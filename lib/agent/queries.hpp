// What can be read, once or as a blocking query: keys, listings, sessions.
#pragma once

#include <cstdint>
#include <string>

#include "agent/kv_store.hpp"
#include "agent/render.hpp"
#include "agent/session_table.hpp"

namespace tenure::agent {

class query {
 public:
  enum class subject : std::uint8_t { key, tree, key_names, session, node_sessions };

  subject what = subject::key;
  bool raw = false;
  bool pretty = false;
  std::string name;       ///< the key, the prefix, the session's id, or the node
  std::string separator;  ///< of key_names
};

class query_reader {
 public:
  query_reader(kv_store& keys, session_table& sessions, const std::string& node_name)
      : keys_(keys), sessions_(sessions), node_name_(node_name) {}

  /// The index that an answer would carry now. Never 0.
  std::uint64_t index(const query& q) const;
  /// The answer of now, with that index.
  runtime::http_response answer(const query& q, std::uint64_t index) const;
  /// Where to wait for a change of the answer.
  watch_list& watch(const query& q) const noexcept;

 private:
  runtime::http_response key_answer(const query& q, const query_meta& meta) const;
  runtime::http_response tree_answer(const query& q, const query_meta& meta) const;
  runtime::http_response names_answer(const query& q, const query_meta& meta) const;
  runtime::http_response session_answer(const query& q, const query_meta& meta) const;

  kv_store& keys_;
  session_table& sessions_;
  const std::string& node_name_;
};

/// Equal but for case: Consul's names of nodes.
bool same_name(std::string_view a, std::string_view b) noexcept;

}  // namespace tenure::agent
