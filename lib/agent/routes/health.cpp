// /v1/health/service/ and /v1/catalog/service/: the catalog's view of the services.
#include <utility>

#include "agent/go/text.hpp"
#include "agent/render/responses.hpp"
#include "agent/routes/endpoints.hpp"

namespace tenure::agent {

maybe_response endpoints::health_service(request_context& context) {
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
  return query_services(context, std::move(q), options);
}

maybe_response endpoints::catalog_service(request_context& context) {
  query q;
  q.what = query::subject::catalog;
  query_options options;
  if (maybe_response error = other_namespace(context)) return error;
  if (maybe_response error = parse_options(context, options)) return error;
  if (context.rest.empty()) return text_response(400, "Missing service name");
  return query_services(context, std::move(q), options);
}

maybe_response endpoints::query_services(request_context& context, query q,
                                            const query_options& options) {
  const request_target& target = context.target;
  if (!target.get("filter").empty()) {
    return text_response(501, "the embedded agent supports filters on agent/services only");
  }
  const std::string_view datacenter = target.get("dc");
  if (!datacenter.empty() && datacenter != options_.datacenter) {
    if (q.what == query::subject::health && !traits_.failed_health_query_has_meta) {
      return text_response(500, "No path to datacenter");
    }
    return unstarted_query(500, "No path to datacenter", traits_);
  }
  q.name = std::move(context.rest);
  q.tags = target.all("tag");
  q.consistency = options.consistency;
  q.may_block = options.after > 0;
  return run_query(context, std::move(q), options);
}

}  // namespace tenure::agent
