#include "agent/queries/query_reader.hpp"

#include <algorithm>

#include "agent/render/ca_roots.hpp"
#include "agent/render/entries.hpp"
#include "agent/state/names.hpp"

namespace tenure::agent {
namespace {

runtime::http_response json_answer(const query& q, std::string json, const query_meta& meta) {
  return json_response(200, q.pretty ? pretty_json(json) : std::move(json), meta);
}

}  // namespace

std::uint64_t query_reader::index(const query& q) const {
  std::uint64_t index = 0;
  switch (q.what) {
    case query::subject::key: {
      const kv_entry* entry = keys_.find(q.name);
      index = entry != nullptr ? entry->modify_index : keys_.table_index();
      break;
    }
    case query::subject::tree:
    case query::subject::key_names: index = keys_.list_index(q.name); break;
    case query::subject::session:
    case query::subject::node_sessions:
    case query::subject::all_sessions: index = sessions_.table_index(); break;
    case query::subject::health:
    case query::subject::catalog: index = catalog_.index_of(q.name); break;
    case query::subject::nodes: index = catalog_.nodes_index(); break;
    case query::subject::node:
    case query::subject::node_services: index = catalog_.index_of_node(q.name); break;
    case query::subject::services: index = catalog_.services_index(); break;
    case query::subject::node_checks:
    case query::subject::service_checks:
    case query::subject::state_checks: index = catalog_.checks_index(); break;
    case query::subject::coordinates:
    case query::subject::node_coordinates: index = catalog_.coordinates_index(); break;
    case query::subject::events: index = events_.index_of(q.name); break;
    case query::subject::ca_roots: index = ca_roots_index; break;
  }
  return std::max<std::uint64_t>(index, 1);
}

bool query_reader::news(const query& q, std::uint64_t index, std::uint64_t after) noexcept {
  // The index of events comes from a random id. It does not grow.
  return q.what == query::subject::events ? index != after : index > after;
}

bool query_reader::missing(const query& q) const {
  if (q.what == query::subject::key) return keys_.find(q.name) == nullptr;
  if (q.what != query::subject::session) return false;
  return sessions_.find(session_key(q.name)) == nullptr;
}

runtime::http_response query_reader::answer(const query& q, std::uint64_t index) const {
  query_meta meta(index);
  meta.backend = traits_.query_backend;
  if (q.what == query::subject::health && q.may_block && !traits_.health_backend.empty()) {
    meta.backend = traits_.health_backend;
    meta.known_leader = false;
  }
  switch (q.what) {
    case query::subject::key: return key_answer(q, meta);
    case query::subject::tree: return tree_answer(q, meta);
    case query::subject::key_names: return names_answer(q, meta);
    case query::subject::session:
    case query::subject::node_sessions:
    case query::subject::all_sessions: return session_answer(q, meta);
    case query::subject::events: return events_answer(q, index);
    case query::subject::ca_roots:
      return json_answer(q, ca_roots_json(traits_.ca_root_name), meta);
    default: return catalog_answer(q, meta);
  }
}

watch_list& query_reader::watch(const query& q) const noexcept {
  switch (q.what) {
    case query::subject::key: return keys_.watch(q.name);
    case query::subject::tree:
    case query::subject::key_names: return keys_.watch_below(q.name);
    case query::subject::session: return sessions_.watch(session_key(q.name));
    case query::subject::node_sessions:
    case query::subject::all_sessions: return sessions_.watch_all();
    case query::subject::events: return events_.watch();
    default: return catalog_.watch();
  }
}

runtime::http_response query_reader::key_answer(const query& q, const query_meta& meta) const {
  const kv_entry* entry = keys_.find(q.name);
  if (entry == nullptr) return text_response(404, {}, meta);
  if (q.raw) return raw_response(entry->value, meta);
  text::json_writer json;
  json.begin_array();
  write_entry(json, *entry, value_part::included);
  json.end_array();
  return json_answer(q, json.take(), meta);
}

runtime::http_response query_reader::tree_answer(const query& q, const query_meta& meta) const {
  text::json_writer json;
  json.begin_array();
  bool any = false;
  keys_.for_each(q.name, [&](const kv_entry& entry) {
    write_entry(json, entry, value_part::included);
    return any = true;
  });
  if (!any) return text_response(404, {}, meta);
  json.end_array();
  return json_answer(q, json.take(), meta);
}

runtime::http_response query_reader::names_answer(const query& q, const query_meta& meta) const {
  text::json_writer json;
  json.begin_array();
  bool any = false;
  std::string last;  // equal folders follow each other
  keys_.for_each(q.name, [&](const kv_entry& entry) {
    any = true;
    std::string_view shown = entry.key;
    const std::size_t cut =
        q.separator.empty() ? shown.npos : shown.find(q.separator, q.name.size());
    if (cut == shown.npos) {
      json.value(shown);
      return true;
    }
    shown = shown.substr(0, cut + q.separator.size());
    if (shown != last) json.value(shown);
    last = shown;
    return true;
  });
  // A listing of everything is never missing, only empty.
  if (!any && !q.name.empty()) return text_response(404, {}, meta);
  json.end_array();
  return json_answer(q, json.take(), meta);
}

runtime::http_response query_reader::session_answer(const query& q, const query_meta& meta) const {
  text::json_writer json;
  json.begin_array();
  if (q.what == query::subject::session) {
    const session_entry* session = sessions_.find(session_key(q.name));
    if (session != nullptr) write_session(json, *session);
  } else {
    sessions_.for_each([&](const session_entry& session) {
      const bool wanted =
          q.what == query::subject::all_sessions || same_name(q.name, session.node);
      if (wanted) write_session(json, session);
      return true;
    });
  }
  json.end_array();
  return json_answer(q, json.take(), meta);
}

runtime::http_response query_reader::events_answer(const query& q, std::uint64_t index) const {
  std::string json = events_.json(q.name);
  runtime::http_response response =
      json_response(200, q.pretty ? pretty_json(json) : std::move(json));
  response.headers.emplace_back("X-Consul-Index", std::to_string(index));
  return response;
}

}  // namespace tenure::agent
