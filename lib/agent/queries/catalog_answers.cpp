// The answers of catalog, health and coordinate: nodes, services, checks.
#include <algorithm>
#include <map>
#include <set>

#include "agent/queries/query_reader.hpp"
#include "agent/render/entries.hpp"
#include "agent/state/names.hpp"

namespace tenure::agent {
namespace {

bool has_meta(const catalog_node& node, const query& q) {
  return std::all_of(q.node_meta.begin(), q.node_meta.end(), [&](const std::string& wanted) {
    if (!node.meta) return false;
    const std::size_t colon = std::min(wanted.find(':'), wanted.size());
    const auto found = node.meta->find(wanted.substr(0, colon));
    return found != node.meta->end() &&
           found->second == wanted.substr(std::min(colon + 1, wanted.size()));
  });
}

bool has_tags(const service_entry& service, const query& q) {
  return std::all_of(q.tags.begin(), q.tags.end(), [&](const std::string& wanted) {
    return std::any_of(service.tags.begin(), service.tags.end(),
                       [&](const std::string& tag) { return same_name(tag, wanted); });
  });
}

bool matches(const query& q, std::string_view json) { return !q.filter || q.filter->matches(json); }

/// The JSON that `write(json)` makes of one element.
template <class Write>
std::string element(Write write) {
  text::json_writer json;
  write(json);
  return json.take();
}

/// A list of those elements that the filter matches.
class element_list {
 public:
  explicit element_list(const query& q) : q_(q) { json_.begin_array(); }

  template <class Write>
  void add(Write write) {
    const std::string one = element(write);
    if (matches(q_, one)) json_.raw(one);
  }
  std::string take() {
    json_.end_array();
    return json_.take();
  }

 private:
  const query& q_;
  text::json_writer json_;
};

}  // namespace

runtime::http_response query_reader::catalog_answer(const query& q, const query_meta& meta) const {
  std::string json = catalog_json(q);
  const bool missing = q.what == query::subject::node_coordinates && json == "[]";
  if (missing) return text_response(404, {});
  runtime::http_response response =
      json_response(200, q.pretty ? pretty_json(json) : std::move(json), meta);
  if (q.consistency != nullptr) {
    response.headers.emplace_back("X-Consul-Effective-Consistency", q.consistency);
  }
  return response;
}

std::string query_reader::catalog_json(const query& q) const {
  switch (q.what) {
    case query::subject::nodes: return nodes_json(q);
    case query::subject::node:
    case query::subject::node_services: return node_json(q);
    case query::subject::services: return services_json(q);
    case query::subject::catalog: return service_nodes_json(q);
    case query::subject::health: return health_json(q);
    case query::subject::coordinates:
    case query::subject::node_coordinates: return coordinates_json(q);
    default: return checks_json(q);
  }
}

std::string query_reader::nodes_json(const query& q) const {
  element_list list(q);
  for (const auto& [name, node] : catalog_.all()) {
    if (!has_meta(node, q)) continue;
    list.add([&](text::json_writer& json) { write_node(json, node); });
  }
  return list.take();
}

std::string query_reader::node_json(const query& q) const {
  const bool as_list = q.what == query::subject::node_services;
  const catalog_node* node = catalog_.find(q.name);
  if (node == nullptr) return as_list ? R"({"Node":null,"Services":null})" : "null";
  text::json_writer json;
  json.begin_object().key("Node");
  write_node(json, *node);
  json.key("Services");
  if (as_list) {
    element_list list(q);
    for (const auto& [id, service] : node->services) {
      list.add([&](text::json_writer& one) { write_health_service(one, service, traits_); });
    }
    return json.raw(list.take()).end_object().take();
  }
  // A map of Go: JSON has its keys in the order of their bytes.
  std::map<std::string, std::string> by_id;
  for (const auto& [id, service] : node->services) {
    std::string one = element(
        [&](text::json_writer& into) { write_health_service(into, service, traits_); });
    if (matches(q, one)) by_id.emplace(service.id, std::move(one));
  }
  json.begin_object();
  for (const auto& [id, one] : by_id) json.key(id).raw(one);
  json.end_object().end_object();
  return json.take();
}

/// The names of all services, each with the tags that any service of the name has.
std::string query_reader::services_json(const query& q) const {
  std::map<std::string, std::set<std::string>> named;
  for (const auto& [name, node] : catalog_.all()) {
    if (!has_meta(node, q)) continue;
    for (const auto& [id, service] : node.services) {
      const bool wanted = !q.filter || q.filter->matches(element([&](text::json_writer& json) {
        write_catalog_service(json, node, service, traits_);
      }));
      if (wanted) named[service.name].insert(service.tags.begin(), service.tags.end());
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

std::string query_reader::service_nodes_json(const query& q) const {
  element_list list(q);
  for (const auto& [name, node] : catalog_.all()) {
    if (!has_meta(node, q)) continue;
    for (const auto& [id, service] : node.services) {
      if (!same_name(service.name, q.name) || !has_tags(service, q)) continue;
      list.add([&](text::json_writer& json) {
        write_catalog_service(json, node, service, traits_);
      });
    }
  }
  return list.take();
}

std::string query_reader::health_json(const query& q) const {
  const auto all_pass = [](const std::vector<const catalog_check*>& checks) {
    return std::all_of(checks.begin(), checks.end(),
                       [](const catalog_check* c) { return c->status == "passing"; });
  };
  element_list list(q);
  for (const auto& [name, node] : catalog_.all()) {
    if (!has_meta(node, q)) continue;
    for (const auto& [id, service] : node.services) {
      if (!same_name(service.name, q.name) || !has_tags(service, q)) continue;
      if (q.passing && !(all_pass(node.checks_of({})) && all_pass(node.checks_of(service.id)))) {
        continue;
      }
      list.add([&](text::json_writer& json) { write_health(json, node, service); });
    }
  }
  return list.take();
}

void query_reader::write_health(text::json_writer& json, const catalog_node& node,
                                const service_entry& service) const {
  json.begin_object().key("Node");
  write_node(json, node);
  json.key("Service");
  write_health_service(json, service, traits_);
  json.key("Checks").begin_array();
  for (const catalog_check* check : node.checks_of({})) {
    write_catalog_check(json, node.name, *check, traits_);
  }
  for (const catalog_check* check : node.checks_of(service.id)) {
    write_catalog_check(json, node.name, *check, traits_);
  }
  json.end_array().end_object();
}

/// The checks of a node, of a service, or in a state, in the catalog's order of ids.
std::string query_reader::checks_json(const query& q) const {
  element_list list(q);
  for (const auto& [name, node] : catalog_.all()) {
    const bool of_node = q.what == query::subject::node_checks;
    if (of_node ? !same_name(q.name, node.name) : !has_meta(node, q)) continue;
    for (const auto& [id, check] : node.checks) {
      if (q.what == query::subject::state_checks && q.name != "any" && q.name != check.status) {
        continue;
      }
      if (q.what == query::subject::service_checks && !same_name(q.name, check.service_name)) {
        continue;
      }
      list.add([&](text::json_writer& json) {
        write_catalog_check(json, node.name, check, traits_);
      });
    }
  }
  return list.take();
}

std::string query_reader::coordinates_json(const query& q) const {
  text::json_writer json;
  json.begin_array();
  for (const auto& [name, node] : catalog_.all()) {
    if (q.what == query::subject::node_coordinates && !same_name(q.name, node.name)) continue;
    for (const auto& [segment, coordinate] : node.coordinates) {
      json.begin_object().key("Node").value(node.name);
      json.key("Segment").value(segment);
      json.key("Coord").raw(coordinate).end_object();
    }
  }
  json.end_array();
  return json.take();
}

}  // namespace tenure::agent
