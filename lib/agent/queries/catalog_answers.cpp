// The answers of catalog and health about the node, the names of its services, and its checks.
#include <algorithm>
#include <map>
#include <set>

#include "agent/queries/query_reader.hpp"
#include "agent/render/entries.hpp"
#include "agent/state/names.hpp"

namespace tenure::agent {

runtime::http_response query_reader::catalog_answer(const query& q, const query_meta& meta) const {
  std::string json;
  switch (q.what) {
    case query::subject::nodes: json = nodes_json(q); break;
    case query::subject::node: json = node_json(q); break;
    case query::subject::services: json = services_json(q); break;
    default: json = checks_json(q); break;
  }
  runtime::http_response response =
      json_response(200, q.pretty ? pretty_json(json) : std::move(json), meta);
  response.headers.emplace_back("X-Consul-Effective-Consistency", q.consistency);
  return response;
}

bool query_reader::node_selected(const query& q) const {
  const auto has = node_meta(node_);
  return std::all_of(q.node_meta.begin(), q.node_meta.end(), [&has](const std::string& wanted) {
    const std::size_t colon = std::min(wanted.find(':'), wanted.size());
    const auto found = has.find(wanted.substr(0, colon));
    return found != has.end() &&
           found->second == wanted.substr(std::min(colon + 1, wanted.size()));
  });
}

std::string query_reader::nodes_json(const query& q) const {
  text::json_writer json;
  json.begin_array();
  if (node_selected(q)) write_node(json, node_);
  json.end_array();
  return json.take();
}

std::string query_reader::node_json(const query& q) const {
  text::json_writer json;
  if (!same_name(q.name, node_.name)) return json.null().take();
  json.begin_object().key("Node");
  write_node(json, node_);
  json.key("Services").begin_object();
  for (const auto& [id, service] : services_.all_services()) {
    json.key(id);
    write_health_service(json, service, traits_);
  }
  json.end_object().end_object();
  return json.take();
}

/// The names of all services, each with the tags that any service of the name has.
std::string query_reader::services_json(const query& q) const {
  std::map<std::string, std::set<std::string>> named;
  if (node_selected(q)) {
    for (const auto& [id, service] : services_.all_services()) {
      named[service.name].insert(service.tags.begin(), service.tags.end());
    }
  }
  text::json_writer json;
  json.begin_object();
  for (const auto& [name, tags] : named) {
    json.key(name);
    write_strings(json, {tags.begin(), tags.end()});
  }
  json.end_object();
  return json.take();
}

/// The checks of the node, of a service, or in a state, in the catalog's order of ids.
std::string query_reader::checks_json(const query& q) const {
  const auto wanted = [&q, this](const check_fields& check) {
    if (q.what == query::subject::node_checks) return same_name(q.name, node_.name);
    if (!node_selected(q)) return false;
    if (q.what == query::subject::state_checks) return q.name == "any" || q.name == check.status;
    return same_name(q.name, check.service_name);
  };
  class shown_check {
   public:
    const check_fields* check;
    check_indexes indexes;
  };
  const check_fields gossip = node_health();
  std::vector<shown_check> found;
  if (wanted(gossip)) found.push_back({&gossip, {node_.index, node_.index}});
  for (const auto& [id, check] : services_.all_checks()) {
    if (!wanted(check.shown)) continue;
    found.push_back({&check.shown, {check.create_index, check.modify_index}});
  }
  std::stable_sort(found.begin(), found.end(), [](const shown_check& a, const shown_check& b) {
    return name_order()(a.check->id, b.check->id);
  });
  text::json_writer json;
  json.begin_array();
  for (const auto& [check, indexes] : found) {
    write_check(json, node_.name, *check, indexes, traits_);
  }
  json.end_array();
  return json.take();
}

}  // namespace tenure::agent
