// Reads of keys, sessions, the catalog and events, which may also run as blocking queries.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "agent/filter/record_filter.hpp"
#include "agent/render/responses.hpp"
#include "agent/render/services.hpp"
#include "agent/state/catalog.hpp"
#include "agent/state/event_log.hpp"
#include "agent/state/kv_store.hpp"
#include "agent/state/session_table.hpp"

namespace tenure::agent {

class query {
 public:
  enum class subject : std::uint8_t {
    key,
    tree,
    key_names,
    session,
    node_sessions,
    all_sessions,
    health,
    catalog,
    nodes,
    node,
    node_services,
    services,
    node_checks,
    service_checks,
    state_checks,
    coordinates,
    node_coordinates,
    events,
    ca_roots
  };

  subject what = subject::key;
  bool raw = false;
  bool pretty = false;
  bool passing = false;   ///< health: only services whose checks all pass
  bool may_block = false;  ///< health and catalog: it has an index
  const char* consistency = nullptr;  ///< health and catalog: Consul's name of it
  /// The key, the prefix, the session's id, the node, the service, the state, the event.
  std::string name;
  std::string separator;  ///< key_names: folders end at it
  std::vector<std::string> tags;  ///< health and catalog: a service must have all of them
  std::vector<std::string> node_meta;  ///< "name:value": the node must have all of them
  std::shared_ptr<const record_filter> filter;  ///< null: none
};

class query_reader {
 public:
  query_reader(kv_store& keys, session_table& sessions, catalog& nodes, event_log& events,
               const consul_traits& traits)
      : keys_(keys), sessions_(sessions), catalog_(nodes), events_(events), traits_(traits) {}

  const consul_traits& traits() const noexcept { return traits_; }

  /// The present index of the answer. Never 0.
  std::uint64_t index(const query& q) const;
  /// Whether the answer with that index is news to a client that has the answer of `after`.
  static bool news(const query& q, std::uint64_t index, std::uint64_t after) noexcept;
  /// Whether the query asks for one key or session that does not exist.
  bool missing(const query& q) const;
  /// The present answer, with that index.
  runtime::http_response answer(const query& q, std::uint64_t index) const;
  /// Where to wait for a change of the answer.
  watch_list& watch(const query& q) const noexcept;

 private:
  runtime::http_response key_answer(const query& q, const query_meta& meta) const;
  runtime::http_response tree_answer(const query& q, const query_meta& meta) const;
  runtime::http_response names_answer(const query& q, const query_meta& meta) const;
  runtime::http_response session_answer(const query& q, const query_meta& meta) const;
  runtime::http_response events_answer(const query& q, std::uint64_t index) const;
  // Of the catalog, in catalog_answers.cpp.
  runtime::http_response catalog_answer(const query& q, const query_meta& meta) const;
  std::string catalog_json(const query& q) const;
  std::string nodes_json(const query& q) const;
  std::string node_json(const query& q) const;
  std::string services_json(const query& q) const;
  std::string service_nodes_json(const query& q) const;
  std::string health_json(const query& q) const;
  void write_health(text::json_writer& json, const catalog_node& node,
                    const service_entry& service) const;
  std::string checks_json(const query& q) const;
  std::string coordinates_json(const query& q) const;

  kv_store& keys_;
  session_table& sessions_;
  catalog& catalog_;
  event_log& events_;
  const consul_traits& traits_;
};

}  // namespace tenure::agent
