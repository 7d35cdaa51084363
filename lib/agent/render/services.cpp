#include "agent/render/services.hpp"

#include "agent/render/entries.hpp"

namespace tenure::agent {
namespace {

void write_map(text::json_writer& json, const std::map<std::string, std::string>& map) {
  json.begin_object();
  for (const auto& [name, value] : map) json.key(name).value(value);
  json.end_object();
}

/// Omitted if empty.
void write_addresses(text::json_writer& json, std::string_view key,
                     const std::map<std::string, service_address>& addresses) {
  if (addresses.empty()) return;
  json.key(key).begin_object();
  for (const auto& [name, to] : addresses) {
    json.key(name).begin_object();
    json.key("Address").value(to.address).key("Port").value(to.port).end_object();
  }
  json.end_object();
}

void write_weights(text::json_writer& json, const service_fields& service) {
  json.begin_object().key("Passing").value(service.passing_weight);
  json.key("Warning").value(service.warning_weight).end_object();
}

void write_node_addresses(text::json_writer& json, const node_fields& node) {
  json.begin_object();
  for (const char* net : {"lan", "lan_ipv4", "wan", "wan_ipv4"}) json.key(net).value(node.address);
  json.end_object();
}

void write_node_meta(text::json_writer& json) {
  json.begin_object().key("consul-network-segment").value("").end_object();
}

void write_no_proxy(text::json_writer& json) {
  json.begin_object().key("MeshGateway").begin_object().end_object();
  json.key("Expose").begin_object().end_object().end_object();
}

void write_connect(text::json_writer& json, const service_fields& service) {
  json.begin_object();
  if (service.native) json.key("Native").value(true);
  json.end_object();
}

}  // namespace

void write_agent_service(text::json_writer& json, const service_fields& service,
                       const std::string* hash) {
  json.begin_object();
  if (!service.kind.empty()) json.key("Kind").value(service.kind);
  json.key("ID").value(service.id);
  json.key("Service").value(service.name);
  json.key("Tags");
  write_strings(json, service.tags);
  json.key("Meta");
  write_map(json, service.meta);
  json.key("Port").value(service.port);
  json.key("Address").value(service.address);
  write_addresses(json, "TaggedAddresses", service.tagged_addresses);
  json.key("Weights");
  write_weights(json, service);
  json.key("EnableTagOverride").value(service.enable_tag_override);
  if (hash != nullptr) json.key("ContentHash").value(*hash);
  if (service.native) {
    json.key("Connect");
    write_connect(json, service);
  }
  json.end_object();
}

void write_check(text::json_writer& json, const std::string& node, const check_fields& check,
                 std::uint64_t create_index, std::uint64_t modify_index) {
  json.begin_object();
  json.key("Node").value(node);
  json.key("CheckID").value(check.id);
  json.key("Name").value(check.name);
  json.key("Status").value(check.status);
  json.key("Notes").value(check.notes);
  json.key("Output").value(check.output);
  json.key("ServiceID").value(check.service_id);
  json.key("ServiceName").value(check.service_name);
  json.key("ServiceTags");
  write_strings(json, check.service_tags);
  json.key("Type").value(check.type);
  json.key("Definition").begin_object().end_object();
  json.key("CreateIndex").value(create_index);
  json.key("ModifyIndex").value(modify_index);
  json.end_object();
}

check_fields node_health() {
  check_fields health;
  health.id = "serfHealth";
  health.name = "Serf Health Status";
  health.status = "passing";
  health.output = "Agent alive and reachable";
  health.type.clear();
  return health;
}

void write_node(text::json_writer& json, const node_fields& node) {
  json.begin_object();
  json.key("ID").value(node.id);
  json.key("Node").value(node.name);
  json.key("Address").value(node.address);
  json.key("Datacenter").value(node.datacenter);
  json.key("TaggedAddresses");
  write_node_addresses(json, node);
  json.key("Meta");
  write_node_meta(json);
  json.key("CreateIndex").value(node.index);
  json.key("ModifyIndex").value(node.index);
  json.end_object();
}

void write_health_service(text::json_writer& json, const service_entry& service) {
  json.begin_object();
  if (!service.kind.empty()) json.key("Kind").value(service.kind);
  json.key("ID").value(service.id);
  json.key("Service").value(service.name);
  json.key("Tags");
  write_strings(json, service.tags);
  json.key("Address").value(service.address);
  write_addresses(json, "TaggedAddresses", service.tagged_addresses);
  json.key("Meta");
  if (service.meta.empty()) {
    json.null();
  } else {
    write_map(json, service.meta);
  }
  json.key("Port").value(service.port);
  json.key("Weights");
  write_weights(json, service);
  json.key("EnableTagOverride").value(service.enable_tag_override);
  json.key("Proxy");
  write_no_proxy(json);
  json.key("Connect");
  write_connect(json, service);
  json.key("CreateIndex").value(service.create_index);
  json.key("ModifyIndex").value(service.modify_index);
  json.end_object();
}

void write_catalog_service(text::json_writer& json, const node_fields& node,
                           const service_entry& service) {
  json.begin_object();
  json.key("ID").value(node.id);
  json.key("Node").value(node.name);
  json.key("Address").value(node.address);
  json.key("Datacenter").value(node.datacenter);
  json.key("TaggedAddresses");
  write_node_addresses(json, node);
  json.key("NodeMeta");
  write_node_meta(json);
  json.key("ServiceKind").value(service.kind);
  json.key("ServiceID").value(service.id);
  json.key("ServiceName").value(service.name);
  json.key("ServiceTags");
  write_strings(json, service.tags);
  json.key("ServiceAddress").value(service.address);
  write_addresses(json, "ServiceTaggedAddresses", service.tagged_addresses);
  json.key("ServiceWeights");
  write_weights(json, service);
  json.key("ServiceMeta");
  write_map(json, service.meta);
  json.key("ServicePort").value(service.port);
  json.key("ServiceEnableTagOverride").value(service.enable_tag_override);
  json.key("ServiceProxy");
  write_no_proxy(json);
  json.key("ServiceConnect");
  write_connect(json, service);
  json.key("CreateIndex").value(service.create_index);
  json.key("ModifyIndex").value(service.modify_index);
  json.end_object();
}

}  // namespace tenure::agent
