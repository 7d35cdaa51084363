#include "agent/queries/query_reader.hpp"

#include <algorithm>

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
    case query::subject::node_sessions: index = sessions_.table_index(); break;
    case query::subject::health:
    case query::subject::catalog: index = services_.index_of(q.name); break;
    case query::subject::nodes: index = node_.index; break;
    case query::subject::node:
      index = same_name(q.name, node_.name) ? services_.services_index() : 0;
      break;
    case query::subject::services: index = services_.services_index(); break;
    case query::subject::node_checks:
    case query::subject::service_checks:
    case query::subject::state_checks: index = services_.checks_index(); break;
  }
  return std::max<std::uint64_t>(index, 1);
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
    case query::subject::health:
    case query::subject::catalog: return services_answer(q, meta);
    case query::subject::nodes:
    case query::subject::node:
    case query::subject::services:
    case query::subject::node_checks:
    case query::subject::service_checks:
    case query::subject::state_checks: return catalog_answer(q, meta);
    case query::subject::session:
    case query::subject::node_sessions: break;
  }
  return session_answer(q, meta);
}

watch_list& query_reader::watch(const query& q) const noexcept {
  switch (q.what) {
    case query::subject::key: return keys_.watch(q.name);
    case query::subject::tree:
    case query::subject::key_names: return keys_.watch_below(q.name);
    case query::subject::session: return sessions_.watch(session_key(q.name));
    case query::subject::health:
    case query::subject::catalog:
    case query::subject::nodes:
    case query::subject::node:
    case query::subject::services:
    case query::subject::node_checks:
    case query::subject::service_checks:
    case query::subject::state_checks: return services_.watch();
    case query::subject::node_sessions: break;
  }
  return sessions_.watch_all();
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
  } else if (same_name(q.name, node_.name)) {
    sessions_.for_each([&json](const session_entry& session) {
      write_session(json, session);
      return true;
    });
  }
  json.end_array();
  return json_answer(q, json.take(), meta);
}

runtime::http_response query_reader::services_answer(const query& q,
                                                     const query_meta& meta) const {
  const auto all_pass = [](const std::vector<const check_entry*>& checks) {
    return std::all_of(checks.begin(), checks.end(),
                       [](const check_entry* c) { return c->shown.status == "passing"; });
  };
  const auto has_tags = [&q](const service_entry& service) {
    return std::all_of(q.tags.begin(), q.tags.end(), [&](const std::string& wanted) {
      return std::any_of(service.tags.begin(), service.tags.end(),
                         [&](const std::string& tag) { return same_name(tag, wanted); });
    });
  };
  // The gossip's check has its place among the node's own, in the order of their ids.
  const std::vector<const check_entry*> of_node = services_.shown_checks({});
  const check_fields gossip = node_health();
  text::json_writer json;
  const auto write_checks = [&](const std::vector<const check_entry*>& checks) {
    for (const check_entry* check : checks) {
      write_check(json, node_.name, check->shown, {check->create_index, check->modify_index},
                  traits_);
    }
  };
  json.begin_array();
  for (const service_entry* service : services_.named(q.name)) {
    if (!has_tags(*service) || !node_selected(q)) continue;
    if (q.what == query::subject::catalog) {
      write_catalog_service(json, node_, *service, traits_);
      continue;
    }
    const std::vector<const check_entry*> own = services_.shown_checks(service->id);
    if (q.passing && !(all_pass(of_node) && all_pass(own))) continue;
    json.begin_object().key("Node");
    write_node(json, node_);
    json.key("Service");
    write_health_service(json, *service, traits_);
    json.key("Checks").begin_array();
    const auto middle = std::partition_point(of_node.begin(), of_node.end(), [&](auto* check) {
      return name_order()(check->id, gossip.id);
    });
    write_checks({of_node.begin(), middle});
    write_check(json, node_.name, gossip, {node_.index, node_.index}, traits_);
    write_checks({middle, of_node.end()});
    write_checks(own);
    json.end_array().end_object();
  }
  json.end_array();
  runtime::http_response response = json_answer(q, json.take(), meta);
  response.headers.emplace_back("X-Consul-Effective-Consistency", q.consistency);
  return response;
}

}  // namespace tenure::agent
