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

void write_map_or_null(text::json_writer& json, const std::optional<node_fields::text_map>& map) {
  if (map) {
    write_map(json, *map);
  } else {
    json.null();
  }
}

void write_locality(text::json_writer& json, const service_locality& locality) {
  json.begin_object().key("Region").value(locality.region);
  json.key("Zone").value(locality.zone).end_object();
}

/// Omitted if empty.
void write_places(text::json_writer& json, const service_fields& service) {
  if (!service.locality) return;
  json.key("Locality");
  write_locality(json, *service.locality);
}

void write_proxy(text::json_writer& json, const service_proxy& proxy,
                 const consul_traits& traits) {
  json.begin_object();
  const auto text = [&json](std::string_view name, const std::string& value) {
    if (!value.empty()) json.key(name).value(value);
  };
  text("DestinationServiceName", proxy.destination_name);
  text("DestinationServiceID", proxy.destination_id);
  text("LocalServiceAddress", proxy.local_address);
  if (proxy.local_port != 0) json.key("LocalServicePort").value(proxy.local_port);
  if (traits.shows_newer_members) json.key("Mode").value("");
  json.key("MeshGateway").begin_object().end_object();
  json.key("Expose").begin_object().end_object().end_object();
}

void write_connect(text::json_writer& json, const service_fields& service) {
  json.begin_object();
  if (service.native) json.key("Native").value(true);
  json.end_object();
}

}  // namespace

void write_agent_service(text::json_writer& json, const service_fields& service,
                         const agent_service_extras& extras) {
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
  if (!service.socket_path.empty()) json.key("SocketPath").value(service.socket_path);
  write_addresses(json, "TaggedAddresses", service.tagged_addresses);
  json.key("Weights");
  write_weights(json, service);
  json.key("EnableTagOverride").value(service.enable_tag_override);
  if (!extras.hash.empty()) json.key("ContentHash").value(extras.hash);
  if (service.native) {
    json.key("Connect");
    write_connect(json, service);
  }
  if (!extras.datacenter.empty()) json.key("Datacenter").value(extras.datacenter);
  write_places(json, service);
  json.end_object();
}

void write_check(text::json_writer& json, const std::string& node, const check_fields& check,
                 const check_indexes& indexes, const consul_traits& traits) {
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
  if (traits.shows_newer_members) {
    json.key("Interval").value(check.interval);
    json.key("Timeout").value(check.timeout);
    json.key("ExposedPort").value(std::uint64_t{0});
  }
  json.key("Definition").raw(check.definition);
  json.key("CreateIndex").value(indexes.create);
  json.key("ModifyIndex").value(indexes.modify);
  json.end_object();
}

void write_catalog_check(text::json_writer& json, const std::string& node,
                         const catalog_check& check, const consul_traits& traits) {
  write_check(json, node, check, {check.create_index, check.modify_index}, traits);
}

void write_node(text::json_writer& json, const catalog_node& node) {
  json.begin_object();
  json.key("ID").value(node.id);
  json.key("Node").value(node.name);
  json.key("Address").value(node.address);
  json.key("Datacenter").value(node.datacenter);
  json.key("TaggedAddresses");
  write_map_or_null(json, node.tagged_addresses);
  json.key("Meta");
  write_map_or_null(json, node.meta);
  json.key("CreateIndex").value(node.create_index);
  json.key("ModifyIndex").value(node.modify_index);
  json.end_object();
}

void write_health_service(text::json_writer& json, const service_entry& service,
                          const consul_traits& traits) {
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
  if (service.port != 0 || !traits.shows_newer_members) json.key("Port").value(service.port);
  if (!service.socket_path.empty()) json.key("SocketPath").value(service.socket_path);
  json.key("Weights");
  write_weights(json, service);
  json.key("EnableTagOverride").value(service.enable_tag_override);
  write_places(json, service);
  json.key("Proxy");
  write_proxy(json, service.proxy, traits);
  json.key("Connect");
  write_connect(json, service);
  if (traits.shows_newer_members) json.key("PeerName").value("");
  json.key("CreateIndex").value(service.create_index);
  json.key("ModifyIndex").value(service.modify_index);
  json.end_object();
}

void write_catalog_service(text::json_writer& json, const catalog_node& node,
                           const service_entry& service, const consul_traits& traits) {
  json.begin_object();
  json.key("ID").value(node.id);
  json.key("Node").value(node.name);
  json.key("Address").value(node.address);
  json.key("Datacenter").value(node.datacenter);
  json.key("TaggedAddresses");
  write_map_or_null(json, node.tagged_addresses);
  json.key("NodeMeta");
  write_map_or_null(json, node.meta);
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
  if (traits.shows_newer_members) json.key("ServiceSocketPath").value(service.socket_path);
  json.key("ServiceEnableTagOverride").value(service.enable_tag_override);
  json.key("ServiceProxy");
  write_proxy(json, service.proxy, traits);
  json.key("ServiceConnect");
  write_connect(json, service);
  if (traits.shows_newer_members) {
    json.key("ServiceLocality");
    if (service.locality) {
      write_locality(json, *service.locality);
    } else {
      json.null();
    }
  }
  json.key("CreateIndex").value(service.create_index);
  json.key("ModifyIndex").value(service.modify_index);
  json.end_object();
}

}  // namespace tenure::agent
