// /v1/catalog/register and deregister: nodes, services and checks that no agent owns. This node's
// own registrations come from its agent, and come back when a client removes them.
#include <algorithm>
#include <utility>

#include "agent/go/text.hpp"
#include "agent/render/responses.hpp"
#include "agent/requests/catalog_request.hpp"
#include "agent/requests/service_request.hpp"
#include "agent/routes/endpoints.hpp"
#include "agent/state/names.hpp"

namespace tenure::agent {
namespace {

std::string service_refusal(const service_fields& service, const consul_traits& traits) {
  if (service.name.empty() && traits.checks_registrations_first) {
    return service.id.empty()
               ? "Must provide service name (Service.Service)"
               : "Must provide service name (Service.Service) when service ID is provided";
  }
  if (service.name.empty() && !service.id.empty()) return "Must provide service name with ID";
  return is_any_address(service.address) ? "Invalid service address" : "";
}

/// Why Consul refuses a registration before it takes an index; empty if it does not.
std::string refusal(const catalog_registration& wanted, const consul_traits& traits) {
  const node_fields& node = wanted.node;
  if (node.name.empty()) return "Must provide node";
  if (!node.id.empty()) {
    constexpr std::size_t uuid_length = 36;
    if (node.id.size() != uuid_length) return "Bad node ID: uuid string is wrong length";
    const session_key id(node.id);
    if (!id.valid()) return "Bad node ID: uuid is improperly formatted";
  }
  if (node.address.empty() && !wanted.skip_node_update) {
    return "Must provide address if SkipNodeUpdate is not set";
  }
  return wanted.service ? service_refusal(*wanted.service, traits) : "";
}

}  // namespace

/// About the checks of a registration: whether their nodes and services exist.
std::string endpoints::check_refusal(const catalog_registration& wanted) const {
  const bool early = traits_.checks_registrations_first;
  for (const registered_check& of : wanted.checks) {
    const check_fields& check = of.check;
    if (!of.node.empty() && !same_name(of.node, wanted.node.name)) {
      return early ? "Node '" + of.node + "' for check '" + check.id +
                         "' doesn't match register request node '" + wanted.node.name + "'"
                   : "check node " + go_quote(of.node) + " does not match node " +
                         go_quote(wanted.node.name);
    }
    const bool known =
        check.service_id.empty() || (wanted.service && wanted.service->id == check.service_id) ||
        catalog_.find_service(wanted.node.name, check.service_id) != nullptr;
    if (known) continue;
    return early ? "Unknown service ID '" + check.service_id + "' for check ID '" + check.id + "'"
                 : "failed inserting check: Missing service registration on node " +
                       go_quote(wanted.node.name);
  }
  return {};
}

maybe_response endpoints::catalog_register(request_context& context) {
  if (maybe_response error = body_too_large(context, {})) return error;
  if (maybe_response error = other_namespace(context)) return error;
  catalog_registration wanted;
  if (const std::string error = wanted.read(context.request.body, traits_); !error.empty()) {
    return text_response(400, "Request decode failed: " + error);
  }
  if (wanted.node.datacenter.empty()) wanted.node.datacenter = options_.datacenter;
  if (wanted.node.datacenter != options_.datacenter) {
    return text_response(500, "No path to datacenter");
  }
  std::string error = refusal(wanted, traits_);
  if (error.empty() && wanted.service && wanted.service->id.empty()) {
    wanted.service->id = wanted.service->name;
  }
  if (error.empty() && traits_.checks_registrations_first) error = check_refusal(wanted);
  if (error.empty()) error = put_registration(next_index(), wanted);
  if (!error.empty()) return text_response(500, std::move(error));
  return json(context, 200, "true");
}

std::string endpoints::put_registration(std::uint64_t index, catalog_registration& wanted) {
  const std::string node = wanted.node.name;
  if (wanted.service) {
    if (wanted.service->name.empty()) {
      return "failed inserting service: failed inserting service: object missing primary index";
    }
    std::string error = meta_error(wanted.service->meta);
    if (!error.empty()) {
      return "failed inserting service: Invalid Service Meta for node " + node +
             " and serviceID " + wanted.service->id + ": " + error;
    }
  }
  if (std::string error = check_refusal(wanted); !error.empty()) return error;
  if (catalog_.find(node) == nullptr || !wanted.skip_node_update) {
    if (std::string error = catalog_.put_node(index, std::move(wanted.node)); !error.empty()) {
      return error;
    }
  }
  if (wanted.service) {
    service_fields& service = *wanted.service;
    if (service.passing_weight < 1 || service.warning_weight < 0) {
      service.passing_weight = service.warning_weight = 1;
    }
    catalog_.put_service(index, node, std::move(service));
  }
  for (registered_check& of : wanted.checks) {
    catalog_.put_check(index, node, std::move(of.check));
  }
  return {};
}

maybe_response endpoints::catalog_deregister(request_context& context) {
  if (maybe_response error = body_too_large(context, {})) return error;
  if (maybe_response error = other_namespace(context)) return error;
  catalog_deregistration wanted;
  if (const std::string error = wanted.read(context.request.body); !error.empty()) {
    return text_response(400, "Request decode failed: " + error);
  }
  if (!wanted.datacenter.empty() && wanted.datacenter != options_.datacenter) {
    return text_response(500, "No path to datacenter");
  }
  if (wanted.node.empty()) return text_response(500, "Must provide node");
  const std::uint64_t index = next_index();
  if (!wanted.service_id.empty()) {
    catalog_.erase_service(index, wanted.node, wanted.service_id);
  } else if (!wanted.check_id.empty()) {
    catalog_.erase_check(index, wanted.node, wanted.check_id);
  } else {
    catalog_.erase_node(index, wanted.node);
  }
  if (same_name(wanted.node, options_.node_name)) put_own_registrations();
  return json(context, 200, "true");
}

/// Consul's leader and its agent do this within a minute; here it is at once.
void endpoints::put_own_registrations() {
  const std::uint64_t index = next_index();
  put_own_node(index);
  for (const auto& [id, service] : services_.all_services()) {
    catalog_.put_service(index, options_.node_name, service);
  }
  for (const auto& [id, check] : services_.all_checks()) {
    catalog_.put_check(index, options_.node_name, check);
  }
}

}  // namespace tenure::agent
