#include "agent/requests/service_request.hpp"

#include <algorithm>
#include <cctype>
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
constexpr std::string_view check_type_start =
    R"(struct { Interval interface {}; Timeout interface {}; TTL interface {}; )"
    R"(DeregisterCriticalServiceAfter interface {}; Args []string "json:\"args\""; )"
    R"(ScriptArgsSnake []string "json:\"script_args\""; DeregisterCriticalServiceAfterSnake )"
    R"(interface {} "json:\"deregister_critical_service_after\""; DockerContainerIDSnake )"
    R"(string "json:\"docker_container_id\""; TLSSkipVerifySnake bool )"
    R"("json:\"tls_skip_verify\""; )";
constexpr std::string_view no_proxies = "the embedded agent serves no Connect proxies";

enum class check_place { in_service, alone };

/// How Go names the type of a check.
std::string type_of_check(check_place place) {
  return std::string(check_type_start) +
         (place == check_place::in_service ? R"(ServiceID string "json:\"ServiceID\""; )" : "") +
         R"(ServiceIDSnake string "json:\"service_id\""; *structs.Alias })";
}

bool is(std::string_view name, std::string_view field) { return go_json_field(name, field); }

/// Reads one check. `field`: the place that errors name; empty for a check on its own.
class check_reader {
 public:
  check_reader(go_struct_reader& fields, check_request& into, std::string_view field)
      : fields_(fields), into_(into), field_(field) {}

  void member(const std::string& name) {
    if (is(name, "Name")) {
      text(into_.name, "Name");
    } else if (is(name, "Status")) {
      text(into_.status, "Status");
    } else if (is(name, "Notes")) {
      text(into_.notes, "Notes");
    } else if (is(name, alone() ? "ID" : "CheckID")) {
      text(into_.id, alone() ? "ID" : "CheckID");
    } else if (is(name, "ServiceID") || is(name, "service_id")) {
      text(into_.service_id, "ServiceID");
    } else if (alone() && is(name, "Token")) {
      ignored_text("Token");
    } else if (is(name, "TTL")) {
      fields_.time(into_.ttl_ns, error_);
    } else if (is(name, "DeregisterCriticalServiceAfter") ||
               is(name, "deregister_critical_service_after")) {
      fields_.time(into_.reap_after_ns, error_);
    } else if (is(name, "Interval")) {
      fields_.time(into_.interval_ns, error_);
    } else if (is(name, "Timeout")) {
      std::int64_t ignored = 0;
      fields_.time(ignored, error_);
    } else if (is(name, "OutputMaxSize")) {
      fields_.integer(into_.output_size, shown("OutputMaxSize"));
    } else if (!probe(name)) {
      fields_.unknown(name);
    }
  }

  /// About an invalid duration. Consul reports it after all other errors.
  const std::string& error() const noexcept { return error_; }

 private:
  bool alone() const noexcept { return field_.empty(); }
  std::string_view shown(std::string_view field) const noexcept { return alone() ? field : field_; }
  void text(std::string& into, std::string_view field) { fields_.text(into, shown(field)); }
  void ignored_text(std::string_view field) {
    std::string ignored;
    text(ignored, field);
  }

  /// A member of checks that Consul runs by itself; false if `name` is none.
  bool probe(std::string_view name) {
    for (const std::string_view field :
         {"HTTP", "TCP", "GRPC", "AliasNode", "AliasService", "DockerContainerID",
          "docker_container_id", "Shell", "Method", "Body", "ProxyHTTP", "ProxyGRPC"}) {
      if (!is(name, field)) continue;
      std::string value;
      text(value, field);
      const bool does = field == "HTTP" || field == "TCP" || field == "GRPC";
      into_.probes = into_.probes || (does && !value.empty());
      into_.alias = into_.alias || (field.starts_with("Alias") && !value.empty());
      return true;
    }
    for (const std::string_view field : {"ScriptArgs", "Args", "script_args"}) {
      if (!is(name, field)) continue;
      std::vector<std::string> arguments;
      fields_.list(arguments, shown(field));
      into_.probes = into_.probes || !arguments.empty();
      return true;
    }
    for (const std::string_view field :
         {"GRPCUseTLS", "TLSSkipVerify", "tls_skip_verify"}) {
      if (!is(name, field)) continue;
      bool ignored = false;
      fields_.boolean(ignored, shown(field));
      return true;
    }
    for (const std::string_view field :
         {"Header", "SuccessBeforePassing", "FailuresBeforeCritical"}) {
      if (!is(name, field)) continue;
      fields_.json().skip();
      return true;
    }
    return false;
  }

  go_struct_reader& fields_;
  check_request& into_;
  std::string_view field_;
  std::string error_;
};

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
      check(check_, "Check");
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

  void check(check_request& into, std::string_view field) {
    if (fields_.is_null()) return;
    if (fields_.json().peek() != kind::object) {
      return fields_.wrong_type(field, type_of_check(check_place::in_service));
    }
    check_reader reader(fields_, into, field);
    fields_.json().enter();
    while (fields_.json().more()) reader.member(fields_.json().name());
    if (!reader.error().empty()) fields_.fail(reader.error());
    into.service_id.clear();
  }

  void checks() {
    if (fields_.is_null()) return;
    if (fields_.json().peek() != kind::array) {
      return fields_.wrong_type("Checks", "structs.CheckTypes");
    }
    fields_.json().enter();
    while (fields_.json().more()) check(into_.checks.emplace_back(), "Checks");
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

bool known_status(std::string_view status) noexcept {
  return status == "passing" || status == "warning" || status == "critical";
}

bool check_request::empty() const noexcept {
  return id.empty() && name.empty() && notes.empty() && status.empty() && ttl_ns == 0 &&
         interval_ns == 0 && reap_after_ns == 0 && output_size == 0 && !probes && !alias;
}

std::string check_request::refusal(const consul_traits& traits) const {
  if (interval_ns > 0 && ttl_ns > 0) return "Interval and TTL cannot both be specified";
  if (probes && interval_ns <= 0) return std::string(traits.interval_missing);
  if (probes && alias) return "Interval cannot be set for Alias checks";
  if (alias && ttl_ns > 0) return "TTL must be not be set for Alias checks";
  if (!probes && !alias && ttl_ns <= 0) return "TTL must be > 0 for TTL checks";
  if (output_size < 0) return "MaxOutputMaxSize must be positive";
  if (probes || alias) return "the embedded agent supports TTL checks only";
  return {};
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

std::string read_check_request(std::string_view body, check_request& check) {
  const go_json_syntax syntax(body);
  if (!syntax.ok()) return syntax.error();
  const std::string type = type_of_check(check_place::alone);
  go_struct_reader fields(syntax.value(), type);
  check_reader reader(fields, check, {});
  const std::string error =
      fields.read([&reader](const std::string& name) { reader.member(name); });
  if (check.id.empty()) check.id = check.name;
  return error.empty() ? reader.error() : error;
}

}  // namespace tenure::agent
