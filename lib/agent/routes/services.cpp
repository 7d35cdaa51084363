// /v1/agent/service...: the services registered with this agent.
#include <algorithm>
#include <array>
#include <utility>

#include "agent/filter/record_filter.hpp"
#include "agent/go/text.hpp"
#include "agent/render/responses.hpp"
#include "agent/render/services.hpp"
#include "agent/requests/service_request.hpp"
#include "agent/routes/endpoints.hpp"
#include "text/hex.hpp"
#include "wire/ip_family.hpp"

namespace tenure::agent {
namespace {

/// Why Consul refuses a service that parsed; empty if it does not.
std::string refusal(const service_request& wanted, const consul_traits& traits) {
  const service_fields& service = wanted.service;
  if (service.name.empty()) return "Missing service name";
  if (is_any_address(service.address)) return "Invalid service address";
  if (service.passing_weight < 1) return "Invalid Weights: Passing must be greater than 0";
  if (service.warning_weight < 0) {
    return "Invalid Weights: Warning must be greater or equal than 0";
  }
  if (const std::string error = meta_error(service.meta); !error.empty()) {
    return "Invalid Service Meta: " + error;
  }
  if (traits.native_needs_port && service.native && service.port == 0 &&
      service.socket_path.empty()) {
    return "Validation failed: 1 error occurred:\n\t* Port or SocketPath must be set for a "
           "Connect native service.\n\n";
  }
  for (const check_request& check : wanted.checks) {
    if (const std::string error = check.refusal(traits); !error.empty()) {
      return "Invalid check: " + error;
    }
  }
  for (const check_request& check : wanted.checks) {
    if (!check.status.empty() && !known_status(check.status)) {
      return "Status for checks must 'passing', 'warning', 'critical'";
    }
  }
  return {};
}

/// A numeric address also becomes the tagged addresses of its family.
void add_tagged_addresses(service_fields& service) {
  const wire::ip_family kind = wire::family_of(service.address);
  if (kind == wire::ip_family::none) return;
  const std::string family = kind == wire::ip_family::v4 ? "_ipv4" : "_ipv6";
  const service_address own{service.address, service.port};
  for (const char* net : {"lan", "wan"}) {
    service.tagged_addresses.try_emplace(net + family, own);
  }
}

bool replaces_checks(const request_target& target) {
  const std::string_view value = target.get("replace-existing-checks");
  return target.has("replace-existing-checks") && (value.empty() || value == "true");
}

/// Differs whenever the service does. Consul's hash has another value.
std::string content_hash(const service_fields& service) {
  text::json_writer json;
  write_agent_service(json, service, {});
  constexpr std::uint64_t offset = 14695981039346656037U;
  constexpr std::uint64_t prime = 1099511628211U;
  std::uint64_t hash = offset;
  for (const char c : json.text()) hash = (hash ^ static_cast<unsigned char>(c)) * prime;
  return text::hex(hash);
}

}  // namespace

maybe_response endpoints::service_register(request_context& context) {
  if (maybe_response error = body_too_large(context, {})) return error;
  if (maybe_response error = other_namespace(context)) return error;
  service_request wanted;
  if (const std::string error = wanted.read(context.request.body, traits_); !error.empty()) {
    return text_response(400, "Request decode failed: " + error);
  }
  if (std::string error = refusal(wanted, traits_); !error.empty()) {
    return text_response(400, std::move(error));
  }
  service_fields& service = wanted.service;
  add_tagged_addresses(service);
  const std::string id = service.id;
  const std::string name = service.name;
  std::vector<std::string> replaced;
  if (replaces_checks(context.target)) {
    for (const check_entry* check : services_.checks_of(id)) replaced.push_back(check->id);
  }

  // One write for the service and the checks in the request, one more for each removed check.
  const std::uint64_t index = next_index();
  catalog_.put_service(index, options_.node_name, service);
  services_.put_service(std::move(service));
  for (std::size_t i = 0; i < wanted.checks.size(); ++i) {
    check_request& check = wanted.checks[i];
    if (check.id.empty()) {
      check.id = "service:" + id;
      if (wanted.checks.size() > 1) check.id += ":" + std::to_string(i + 1);
    }
    if (check.name.empty()) check.name = "Service '" + name + "' check";
    check.service_id = id;
    std::erase(replaced, check.id);
    put_check(index, check);
  }
  for (const std::string& gone : replaced) remove_check(next_index(), gone);
  return text_response(200, {});
}

maybe_response endpoints::service_deregister(request_context& context) {
  if (maybe_response error = other_namespace(context)) return error;
  if (traits_.misses_deregistered && services_.find_service(context.rest) == nullptr) {
    return text_response(404, "Unknown service ID " + go_quote(context.rest) +
                                  ". Ensure that the service ID is passed, not the service name.");
  }
  if (context.rest.empty()) return text_response(500, "ServiceID missing");
  remove_service(context.rest);
  return text_response(200, {});
}

maybe_response endpoints::service_list(request_context& context) {
  if (maybe_response error = other_namespace(context)) return error;
  const record_filter filter(context.target.get("filter"), node_service_schema, traits_);
  if (!filter.error().empty()) return text_response(500, filter.error());
  text::json_writer body;
  body.begin_object();
  for (const auto& [id, service] : services_.all_services()) {
    text::json_writer one;
    write_agent_service(one, service, agent_service_extras{shown_datacenter(), {}});
    if (filter.matches(one.text())) body.key(id).raw(one.text());
  }
  body.end_object();
  return json(context, 200, body.take());
}

maybe_response endpoints::service_show(request_context& context) {
  if (maybe_response error = other_namespace(context)) return error;
  if (context.target.has("hash")) {
    return text_response(501, "the embedded agent has no blocking queries by hash");
  }
  const service_fields* service = services_.find_service(context.rest);
  if (service == nullptr) return text_response(404, "unknown service ID: " + context.rest);
  const std::string hash = content_hash(*service);
  text::json_writer body;
  write_agent_service(body, *service, agent_service_extras{shown_datacenter(), hash});
  runtime::http_response response = json(context, 200, body.take());
  response.headers.emplace_back("X-Consul-Contenthash", hash);
  return response;
}

std::string_view endpoints::shown_datacenter() const noexcept {
  return traits_.shows_newer_members ? std::string_view(options_.datacenter) : std::string_view();
}

void endpoints::remove_service(const std::string& id) {
  if (services_.find_service(id) == nullptr) return;
  const std::uint64_t index = next_index();
  for (const check_entry* check : services_.checks_of(id)) {
    remove_check(index, std::string(check->id));
  }
  catalog_.erase_service(index, options_.node_name, id);
  services_.erase_service(id);
}

}  // namespace tenure::agent
