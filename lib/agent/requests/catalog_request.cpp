#include "agent/requests/catalog_request.hpp"

#include <utility>

#include "agent/go/struct_reader.hpp"
#include "agent/requests/check_definition.hpp"
#include "agent/requests/service_request.hpp"

namespace tenure::agent {
namespace {

/// Members that Consul reads and does not need.
bool is_ignored(std::string_view name) {
  for (const std::string_view field : {"CreateIndex", "ModifyIndex", "Token", "Locality"}) {
    if (go_json_field(name, field)) return true;
  }
  return false;
}

/// Reads a registration.
class catalog_reader {
 public:
  catalog_reader(go_struct_reader& fields, catalog_registration& into, const consul_traits& traits)
      : fields_(fields), into_(into), traits_(traits) {}

  void member(const std::string& name) {
    node_fields& node = into_.node;
    if (go_json_field(name, "Node")) {
      fields_.text(node.name, "Node");
    } else if (go_json_field(name, "ID")) {
      fields_.text(node.id, "ID");
    } else if (go_json_field(name, "Address")) {
      fields_.text(node.address, "Address");
    } else if (go_json_field(name, "Datacenter")) {
      fields_.text(node.datacenter, "Datacenter");
    } else if (go_json_field(name, "TaggedAddresses")) {
      text_map(node.tagged_addresses, "TaggedAddresses");
    } else if (go_json_field(name, "NodeMeta")) {
      text_map(node.meta, "NodeMeta");
    } else if (go_json_field(name, "SkipNodeUpdate")) {
      fields_.boolean(into_.skip_node_update, "SkipNodeUpdate");
    } else if (go_json_field(name, "Service")) {
      if (fields_.is_null()) return;
      read_node_service(fields_, "Service", into_.service.emplace(), traits_);
    } else if (go_json_field(name, "Check")) {
      check("Check", single_);
    } else if (go_json_field(name, "Checks")) {
      checks();
    } else if (is_ignored(name) ||
               (traits_.shows_newer_members && go_json_field(name, "PeerName"))) {
      fields_.json().skip();
    } else {
      fields_.unknown(name);
    }
  }

  /// The single check comes after those of the list.
  void finish() {
    if (single_) into_.checks.push_back(std::move(*single_));
  }

 private:
  void text_map(std::optional<node_fields::text_map>& into, std::string_view field) {
    if (fields_.is_null()) return into.reset();
    fields_.map(into.emplace(), field);
  }

  void checks() {
    if (fields_.is_null()) return;
    if (fields_.json().peek() != go_json_reader::kind::array) {
      return fields_.wrong_type("Checks", "structs.HealthChecks");
    }
    fields_.json().enter();
    while (fields_.json().more()) {
      std::optional<registered_check> one;
      check("Checks", one);
      if (one) into_.checks.push_back(std::move(*one));
    }
  }

  void check(std::string_view field, std::optional<registered_check>& into) {
    if (fields_.is_null()) return into.reset();
    registered_check& wanted = into.emplace();
    wanted.check.status.clear();
    wanted.check.type.clear();
    fields_.object("HealthCheck", field, "structs.HealthCheck",
                   [&](const std::string& name) { check_member(name, wanted); });
    if (wanted.check.id.empty()) wanted.check.id = wanted.check.name;
    if (wanted.check.status.empty()) wanted.check.status = "critical";
    if (wanted.check.type.empty()) wanted.check.type = definition_.type();
    wanted.check.definition = definition_.json();
    definition_ = {};
  }

  void check_member(const std::string& name, registered_check& into) {
    check_fields& check = into.check;
    std::string ignored;
    if (go_json_field(name, "Node")) {
      fields_.text(into.node, "Node");
    } else if (go_json_field(name, "CheckID")) {
      fields_.text(check.id, "CheckID");
    } else if (go_json_field(name, "Name")) {
      fields_.text(check.name, "Name");
    } else if (go_json_field(name, "Status")) {
      fields_.text(check.status, "Status");
    } else if (go_json_field(name, "Notes")) {
      fields_.text(check.notes, "Notes");
    } else if (go_json_field(name, "Output")) {
      fields_.text(check.output, "Output");
    } else if (go_json_field(name, "ServiceID")) {
      fields_.text(check.service_id, "ServiceID");
    } else if (go_json_field(name, "ServiceName")) {
      fields_.text(ignored, "ServiceName");
    } else if (go_json_field(name, "Type")) {
      fields_.text(check.type, "Type");
    } else if (traits_.shows_newer_members && go_json_field(name, "Interval")) {
      fields_.text(check.interval, "Interval");
    } else if (traits_.shows_newer_members && go_json_field(name, "Timeout")) {
      fields_.text(check.timeout, "Timeout");
    } else if (go_json_field(name, "Definition")) {
      definition_.read(fields_);
    } else if (go_json_field(name, "ServiceTags") || is_ignored(name) ||
               (traits_.shows_newer_members &&
                (go_json_field(name, "ExposedPort") || go_json_field(name, "PeerName")))) {
      fields_.json().skip();
    } else {
      fields_.unknown(name);
    }
  }

  go_struct_reader& fields_;
  catalog_registration& into_;
  const consul_traits& traits_;
  std::optional<registered_check> single_;
  check_definition definition_;
};

}  // namespace

std::string catalog_registration::read(std::string_view body, const consul_traits& traits) {
  const go_json_syntax syntax(body);
  if (!syntax.ok()) return syntax.error();
  go_struct_reader fields(syntax.value(), "structs.RegisterRequest");
  fields.inside("RegisterRequest");
  catalog_reader reader(fields, *this, traits);
  std::string error = fields.read([&reader](const std::string& name) { reader.member(name); });
  reader.finish();
  return error;
}

std::string catalog_deregistration::read(std::string_view body) {
  const go_json_syntax syntax(body);
  if (!syntax.ok()) return syntax.error();
  go_struct_reader fields(syntax.value(), "structs.DeregisterRequest");
  fields.inside("DeregisterRequest");
  return fields.read([&](const std::string& name) {
    std::string ignored;
    if (go_json_field(name, "Datacenter")) return fields.text(datacenter, "Datacenter");
    if (go_json_field(name, "Node")) return fields.text(node, "Node");
    if (go_json_field(name, "Address")) return fields.text(ignored, "Address");
    if (go_json_field(name, "ServiceID")) return fields.text(service_id, "ServiceID");
    if (go_json_field(name, "CheckID")) return fields.text(check_id, "CheckID");
    if (go_json_field(name, "PeerName") || is_ignored(name)) return fields.json().skip();
    fields.unknown(name);
  });
}

}  // namespace tenure::agent
