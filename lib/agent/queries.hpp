// What can be read, once or as a blocking query: keys, listings, sessions, services.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/kv_store.hpp"
#include "agent/render.hpp"
#include "agent/render_services.hpp"
#include "agent/service_table.hpp"
#include "agent/session_table.hpp"

namespace tenure::agent {

class query {
 public:
  enum class subject : std::uint8_t {
    key,
    tree,
    key_names,
    session,
    node_sessions,
    health,
    catalog
  };

  subject what = subject::key;
  bool raw = false;
  bool pretty = false;
  bool passing = false;   ///< of health: only services all of whose checks pass
  const char* consistency = nullptr;  ///< of health and catalog: how Consul calls it
  std::string name;       ///< the key, the prefix, the session's id, the node, or the service
  std::string separator;  ///< of key_names
  std::vector<std::string> tags;  ///< of health and catalog: which a service must have
};

class query_reader {
 public:
  query_reader(kv_store& keys, session_table& sessions, service_table& services,
               node_fields node)
      : keys_(keys), sessions_(sessions), services_(services), node_(std::move(node)) {}

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
  runtime::http_response services_answer(const query& q, const query_meta& meta) const;

  kv_store& keys_;
  session_table& sessions_;
  service_table& services_;
  node_fields node_;
};

/// Equal but for case: Consul's names of nodes.
bool same_name(std::string_view a, std::string_view b) noexcept;

}  // namespace tenure::agent
