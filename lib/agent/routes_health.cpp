// /v1/health/service/ and /v1/catalog/service/: what others see of the services.
#include <utility>

#include "agent/go_text.hpp"
#include "agent/render.hpp"
#include "agent/state.hpp"

namespace tenure::agent {

maybe_response handler_state::health_service(request_context& context) {
  query q;
  q.what = query::subject::health;
  const request_target& target = context.target;
  query_options options;
  if (maybe_response error = other_namespace(context)) return error;
  if (maybe_response error = parse_options(context, options)) return error;
  if (context.rest.empty()) return text_response(400, "Missing service name");
  if (target.has("passing")) {
    const std::string_view value = target.get("passing");
    const auto passing = value.empty() ? go_parsed<bool>{true, {}} : go_parse_bool(value);
    if (!passing.ok()) return text_response(400, "Invalid value for ?passing");
    q.passing = passing.value;
  }
  return ask_services(context, std::move(q), options);
}

maybe_response handler_state::catalog_service(request_context& context) {
  query q;
  q.what = query::subject::catalog;
  query_options options;
  if (maybe_response error = other_namespace(context)) return error;
  if (maybe_response error = parse_options(context, options)) return error;
  if (context.rest.empty()) return text_response(400, "Missing service name");
  return ask_services(context, std::move(q), options);
}

maybe_response handler_state::ask_services(request_context& context, query q,
                                           const query_options& options) {
  const request_target& target = context.target;
  if (!target.get("filter").empty()) {
    return text_response(501, "the embedded agent has no filter here, only on agent/services");
  }
  const std::string_view datacenter = target.get("dc");
  if (!datacenter.empty() && datacenter != options_.datacenter) {
    return text_response(500, "No path to datacenter", no_meta());
  }
  q.name = std::move(context.rest);
  q.tags = target.all("tag");
  q.consistency = options.consistency;
  return ask(context, std::move(q), options);
}

}  // namespace tenure::agent
