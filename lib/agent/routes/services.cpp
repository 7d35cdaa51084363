// /v1/agent/service...: the services registered with this agent.
#include <algorithm>
#include <array>
#include <utility>

#include "agent/filter/service_filter.hpp"
#include "agent/go/text.hpp"
#include "agent/render/responses.hpp"
#include "agent/render/services.hpp"
#include "agent/requests/service_request.hpp"
#include "agent/routes/endpoints.hpp"
#include "text/hex.hpp"
#include "wire/ip_family.hpp"

namespace tenure::agent {
namespace {

constexpr std::size_t longest_meta_key = 128;
constexpr std::size_t longest_meta_value = 512;

bool any_address(std::string_view address) {
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
    return "Invalid Service Meta: Couldn't load metadata pair ('" + key + "', '" + value +
           "'): " + why;
  }
  return {};
}

/// Why Consul refuses a service that parsed; empty if it does not.
std::string refusal(const service_request& wanted, const consul_traits& traits) {
  const service_fields& service = wanted.service;
  if (service.name.empty()) return "Missing service name";
  if (any_address(service.address)) return "Invalid service address";
  if (service.passing_weight < 1) return "Invalid Weights: Passing must be greater than 0";
  if (service.warning_weight < 0) {
    return "Invalid Weights: Warning must be greater or equal than 0";
  }
  if (std::string error = meta_error(service.meta); !error.empty()) return error;
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
  services_.put_service(index, std::move(service));
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
  const service_filter filter(context.target.get("filter"));
  if (!filter.error().empty()) return text_response(500, filter.error());
  text::json_writer body;
  body.begin_object();
  for (const auto& [id, service] : services_.all_services()) {
    if (!filter.matches(service)) continue;
    body.key(id);
    write_agent_service(body, service, agent_service_extras{shown_datacenter(), {}});
  }
  body.end_object();
  return json(context, 200, body.take());
}

maybe_response endpoints::service_show(request_context& context) {
  if (maybe_response error = other_namespace(context)) return error;
  if (context.target.has("hash")) {
    return text_response(501, "the embedded agent has no blocking queries by hash");
  }
  const service_entry* service = services_.find_service(context.rest);
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
  services_.erase_service(index, id);
}

}  // namespace tenure::agent
