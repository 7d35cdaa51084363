#include "agent/requests/service_request.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "agent/go/json.hpp"
#include "agent/go/struct_reader.hpp"
#include "agent/go/text.hpp"

namespace tenure::agent {
namespace {

constexpr std::string_view service_type =
    R"(struct { EnableTagOverrideSnake bool "json:\"enable_tag_override\""; TaggedAddressesSnake )"
    R"(map[string]structs.ServiceAddress "json:\"tagged_addresses\""; *structs.Alias })";
constexpr std::string_view no_proxies = "the embedded agent serves no Connect proxies";

constexpr std::size_t longest_meta_key = 128;
constexpr std::size_t longest_meta_value = 512;

/// Reads the members of a service.
class service_reader {
 public:
  service_reader(go_struct_reader& fields, service_request& into, const consul_traits& traits)
      : fields_(fields), into_(into), traits_(traits) {}

  /// A member of a service in the catalog.
  void node_member(const std::string& name) {
    if (go_json_field(name, "Service")) return fields_.text(into_.service.name, "Service");
    for (const std::string_view no_member : {"Name", "Check", "Checks", "Token"}) {
      if (go_json_field(name, no_member)) return fields_.unknown(name);
    }
    if (go_json_field(name, "Proxy")) return node_proxy();
    const bool ignored = go_json_field(name, "CreateIndex") || go_json_field(name, "ModifyIndex") ||
                         (traits_.shows_newer_members && go_json_field(name, "PeerName"));
    if (ignored) return fields_.json().skip();
    member(name);
  }

  void member(const std::string& name) {
    service_fields& s = into_.service;
    if (go_json_field(name, "Name")) {
      fields_.text(s.name, "Name");
    } else if (go_json_field(name, "ID")) {
      fields_.text(s.id, "ID");
    } else if (go_json_field(name, "Kind")) {
      fields_.text(s.kind, "Kind");
    } else if (go_json_field(name, "Address")) {
      fields_.text(s.address, "Address");
    } else if (go_json_field(name, "Tags")) {
      fields_.list(s.tags, "Tags");
    } else if (go_json_field(name, "Meta")) {
      fields_.map(s.meta, "Meta");
    } else if (go_json_field(name, "Port")) {
      fields_.integer(s.port, "Port");
    } else if (go_json_field(name, "EnableTagOverride") ||
               go_json_field(name, "enable_tag_override")) {
      fields_.boolean(s.enable_tag_override, "EnableTagOverride");
    } else if (go_json_field(name, "TaggedAddresses") || go_json_field(name, "tagged_addresses")) {
      addresses();
    } else if (go_json_field(name, "Weights")) {
      weights();
    } else if (go_json_field(name, "Check")) {
      read_service_check(fields_, "Check", check_, traits_);
    } else if (go_json_field(name, "Checks")) {
      checks();
    } else if (go_json_field(name, "Token")) {
      std::string ignored;
      fields_.text(ignored, "Token");
    } else if (go_json_field(name, "Connect")) {
      connect();
    } else if (go_json_field(name, "Proxy")) {
      proxy();
    } else if (traits_.has_service_places &&
               (go_json_field(name, "SocketPath") || go_json_field(name, "socket_path"))) {
      fields_.text(s.socket_path, "SocketPath");
    } else if (traits_.has_service_places && go_json_field(name, "Locality")) {
      locality();
    } else {
      fields_.unknown(name);
    }
  }

  /// The single check comes before those of the list.
  void finish() {
    if (!check_.empty()) into_.checks.insert(into_.checks.begin(), std::move(check_));
  }

 private:
  void addresses() {
    if (fields_.is_null()) return;
    if (fields_.json().peek() != go_json_reader::kind::object) {
      return fields_.wrong_type("TaggedAddresses", "map[string]structs.ServiceAddress");
    }
    fields_.json().enter();
    while (fields_.json().more()) {
      service_address& to = into_.service.tagged_addresses[fields_.json().name()];
      to = {};
      fields_.object("ServiceAddress", "TaggedAddresses", "structs.ServiceAddress",
                     [&](const std::string& name) {
                       if (go_json_field(name, "Address"))
                         return fields_.text(to.address, "Address");
                       if (go_json_field(name, "Port")) return fields_.integer(to.port, "Port");
                       fields_.unknown(name);
                     });
    }
  }

  void locality() {
    if (fields_.is_null()) return into_.service.locality.reset();
    service_locality& at = into_.service.locality.emplace();
    fields_.object("Locality", "Locality", "structs.Locality", [&](const std::string& name) {
      if (go_json_field(name, "Region")) return fields_.text(at.region, "Region");
      if (go_json_field(name, "Zone")) return fields_.text(at.zone, "Zone");
      fields_.unknown(name);
    });
  }

  /// Explicit weights have no defaults.
  void weights() {
    service_fields& s = into_.service;
    if (fields_.json().peek() == go_json_reader::kind::object)
      s.passing_weight = s.warning_weight = 0;
    fields_.object("Weights", "Weights", "structs.Weights", [&](const std::string& name) {
      if (go_json_field(name, "Passing")) return fields_.integer(s.passing_weight, "Passing");
      if (go_json_field(name, "Warning")) return fields_.integer(s.warning_weight, "Warning");
      fields_.unknown(name);
    });
  }

  void checks() {
    if (fields_.is_null()) return;
    if (fields_.json().peek() != go_json_reader::kind::array) {
      return fields_.wrong_type("Checks", "structs.CheckTypes");
    }
    fields_.json().enter();
    while (fields_.json().more()) {
      read_service_check(fields_, "Checks", into_.checks.emplace_back(), traits_);
    }
  }

  void connect() {
    if (fields_.is_null()) return;
    if (fields_.json().peek() != go_json_reader::kind::object) {
      return fields_.wrong_type(
          "Connect",
          R"(struct { SidecarServiceSnake *structs.ServiceDefinition "json:\"sidecar_service\""; )"
          R"(*structs.Alias })");
    }
    fields_.json().enter();
    while (fields_.json().more()) {
      const std::string name = fields_.json().name();
      if (go_json_field(name, "Native")) {
        fields_.boolean(into_.service.native, "Connect");
      } else if (!fields_.is_null()) {
        fields_.fail(std::string(no_proxies));
        fields_.json().skip();
      }
    }
  }

  /// The catalog shows a proxy's destination. What configures the proxy itself is refused.
  void node_proxy() {
    service_proxy& proxy = into_.service.proxy;
    fields_.object("ConnectProxyConfig", "Proxy", "structs.ConnectProxyConfig",
                   [&](const std::string& name) {
                     const auto text = [&](std::string_view field, std::string& into) {
                       if (!go_json_field(name, field)) return false;
                       fields_.text(into, field);
                       return true;
                     };
                     if (text("DestinationServiceName", proxy.destination_name)) return;
                     if (text("DestinationServiceID", proxy.destination_id)) return;
                     if (text("LocalServiceAddress", proxy.local_address)) return;
                     if (go_json_field(name, "LocalServicePort")) {
                       return fields_.integer(proxy.local_port, "LocalServicePort");
                     }
                     empty_value();
                   });
  }

  /// A null, an empty object or an empty text.
  void empty_value() {
    if (fields_.is_null()) return;
    go_json_reader& json = fields_.json();
    bool empty = false;
    if (json.peek() == go_json_reader::kind::string) {
      empty = json.string().empty();
    } else {
      go_json_reader ahead = json;
      if (ahead.peek() == go_json_reader::kind::object) {
        ahead.enter();
        empty = !ahead.more();
      }
      json.skip();
    }
    if (!empty) fields_.fail(std::string(no_proxies));
  }

  /// Accepts an empty proxy as none.
  void proxy() {
    if (fields_.is_null()) return;
    if (fields_.json().peek() != go_json_reader::kind::object) {
      fields_.fail(std::string(no_proxies));
      return fields_.json().skip();
    }
    fields_.json().enter();
    while (fields_.json().more()) {
      fields_.json().name();
      fields_.fail(std::string(no_proxies));
      fields_.json().skip();
    }
  }

  go_struct_reader& fields_;
  service_request& into_;
  const consul_traits& traits_;
  check_request check_;
};

}  // namespace

bool is_any_address(std::string_view address) {
  constexpr std::array<std::string_view, 3> all{"0.0.0.0", "::", "[::]"};
  return std::find(all.begin(), all.end(), address) != all.end();
}

std::string meta_error(const std::map<std::string, std::string>& meta) {
  constexpr std::string_view letters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  for (const auto& [key, value] : meta) {
    std::string why;
    if (key.empty()) {
      why = "Key cannot be blank";
    } else if (key.find_first_not_of(letters) != key.npos) {
      why = "Key contains invalid characters";
    } else if (key.size() > longest_meta_key) {
      why = "Key is too long (limit: " + std::to_string(longest_meta_key) + " characters)";
    } else if (key.starts_with("consul-")) {
      why = "Key prefix 'consul-' is reserved for internal use";
    } else if (value.size() > longest_meta_value) {
      why = "Value is too long (limit: " + std::to_string(longest_meta_value) + " characters)";
    }
    if (why.empty()) continue;
    return "Couldn't load metadata pair ('" + key + "', '" + value +
           "'): " + why;
  }
  return {};
}

void read_node_service(go_struct_reader& fields, std::string_view field, service_fields& service,
                       const consul_traits& traits) {
  service_request into;
  service_reader reader(fields, into, traits);
  fields.object("NodeService", field, "structs.NodeService",
                [&reader](const std::string& name) { reader.node_member(name); });
  service = std::move(into.service);
}

std::string service_request::read(std::string_view body, const consul_traits& traits) {
  const go_json_syntax syntax(body);
  if (!syntax.ok()) return syntax.error();
  go_struct_reader fields(syntax.value(), service_type);
  service_reader reader(fields, *this, traits);
  const std::string error =
      fields.read([&reader](const std::string& name) { reader.member(name); });
  reader.finish();
  if (service.id.empty()) service.id = service.name;
  return error;
}

}  // namespace tenure::agent
