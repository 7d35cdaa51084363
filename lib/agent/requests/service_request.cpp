#include "agent/requests/service_request.hpp"

#include <utility>

#include "agent/go/json.hpp"
#include "agent/go/struct_reader.hpp"
#include "agent/go/text.hpp"

namespace tenure::agent {
namespace {

using kind = go_json_reader::kind;

constexpr std::string_view service_type =
    R"(struct { EnableTagOverrideSnake bool "json:\"enable_tag_override\""; TaggedAddressesSnake )"
    R"(map[string]structs.ServiceAddress "json:\"tagged_addresses\""; *structs.Alias })";
constexpr std::string_view no_proxies = "the embedded agent serves no Connect proxies";

bool is(std::string_view name, std::string_view field) { return go_json_field(name, field); }

/// Reads the members of a service.
class service_reader {
 public:
  service_reader(go_struct_reader& fields, service_request& into, const consul_traits& traits)
      : fields_(fields), into_(into), traits_(traits) {}

  void member(const std::string& name) {
    service_fields& s = into_.service;
    if (is(name, "Name")) {
      fields_.text(s.name, "Name");
    } else if (is(name, "ID")) {
      fields_.text(s.id, "ID");
    } else if (is(name, "Kind")) {
      fields_.text(s.kind, "Kind");
    } else if (is(name, "Address")) {
      fields_.text(s.address, "Address");
    } else if (is(name, "Tags")) {
      fields_.list(s.tags, "Tags");
    } else if (is(name, "Meta")) {
      fields_.map(s.meta, "Meta");
    } else if (is(name, "Port")) {
      fields_.integer(s.port, "Port");
    } else if (is(name, "EnableTagOverride") || is(name, "enable_tag_override")) {
      fields_.boolean(s.enable_tag_override, "EnableTagOverride");
    } else if (is(name, "TaggedAddresses") || is(name, "tagged_addresses")) {
      addresses();
    } else if (is(name, "Weights")) {
      weights();
    } else if (is(name, "Check")) {
      read_service_check(fields_, "Check", check_, traits_);
    } else if (is(name, "Checks")) {
      checks();
    } else if (is(name, "Token")) {
      std::string ignored;
      fields_.text(ignored, "Token");
    } else if (is(name, "Connect")) {
      connect();
    } else if (is(name, "Proxy")) {
      proxy();
    } else if (traits_.has_service_places && (is(name, "SocketPath") || is(name, "socket_path"))) {
      fields_.text(s.socket_path, "SocketPath");
    } else if (traits_.has_service_places && is(name, "Locality")) {
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
    if (fields_.json().peek() != kind::object) {
      return fields_.wrong_type("TaggedAddresses", "map[string]structs.ServiceAddress");
    }
    fields_.json().enter();
    while (fields_.json().more()) {
      service_address& to = into_.service.tagged_addresses[fields_.json().name()];
      to = {};
      fields_.object("ServiceAddress", "TaggedAddresses", "structs.ServiceAddress",
                     [&](const std::string& name) {
                       if (is(name, "Address")) return fields_.text(to.address, "Address");
                       if (is(name, "Port")) return fields_.integer(to.port, "Port");
                       fields_.unknown(name);
                     });
    }
  }

  void locality() {
    if (fields_.is_null()) return into_.service.locality.reset();
    service_locality& at = into_.service.locality.emplace();
    fields_.object("Locality", "Locality", "structs.Locality", [&](const std::string& name) {
      if (is(name, "Region")) return fields_.text(at.region, "Region");
      if (is(name, "Zone")) return fields_.text(at.zone, "Zone");
      fields_.unknown(name);
    });
  }

  /// Explicit weights have no defaults.
  void weights() {
    service_fields& s = into_.service;
    if (fields_.json().peek() == kind::object) s.passing_weight = s.warning_weight = 0;
    fields_.object("Weights", "Weights", "structs.Weights", [&](const std::string& name) {
      if (is(name, "Passing")) return fields_.integer(s.passing_weight, "Passing");
      if (is(name, "Warning")) return fields_.integer(s.warning_weight, "Warning");
      fields_.unknown(name);
    });
  }

  void checks() {
    if (fields_.is_null()) return;
    if (fields_.json().peek() != kind::array) {
      return fields_.wrong_type("Checks", "structs.CheckTypes");
    }
    fields_.json().enter();
    while (fields_.json().more()) {
      read_service_check(fields_, "Checks", into_.checks.emplace_back(), traits_);
    }
  }

  void connect() {
    if (fields_.is_null()) return;
    if (fields_.json().peek() != kind::object) {
      return fields_.wrong_type(
          "Connect",
          R"(struct { SidecarServiceSnake *structs.ServiceDefinition "json:\"sidecar_service\""; )"
          R"(*structs.Alias })");
    }
    fields_.json().enter();
    while (fields_.json().more()) {
      const std::string name = fields_.json().name();
      if (is(name, "Native")) {
        fields_.boolean(into_.service.native, "Connect");
      } else if (!fields_.is_null()) {
        fields_.fail(std::string(no_proxies));
        fields_.json().skip();
      }
    }
  }

  /// Accepts an empty proxy as none.
  void proxy() {
    if (fields_.is_null()) return;
    if (fields_.json().peek() != kind::object) {
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
