// /v1/health/ and /v1/catalog/: the catalog's view of the node, its services and checks.
#include <memory>
#include <utility>

#include "agent/go/text.hpp"
#include "agent/render/responses.hpp"
#include "agent/routes/endpoints.hpp"

namespace tenure::agent {
namespace {

query about(query::subject what) {
  query q;
  q.what = what;
  return q;
}

/// What the elements of the list are.
filter_schema schema_of(query::subject what) {
  switch (what) {
    case query::subject::nodes: return node_schema;
    case query::subject::node:
    case query::subject::node_services: return node_service_schema;
    case query::subject::services:
    case query::subject::catalog: return catalog_service_schema;
    case query::subject::health: return health_service_schema;
    default: return check_schema;
  }
}

}  // namespace

maybe_response endpoints::health_service(request_context& context) {
  query q = about(query::subject::health);
  const request_target& target = context.target;
  if (!context.rest.empty() && target.has("passing")) {
    const std::string_view value = target.get("passing");
    const auto passing = value.empty() ? go_parsed<bool>{true, {}} : go_parse_bool(value);
    if (!passing.ok()) return text_response(400, "Invalid value for ?passing");
    q.passing = passing.value;
  }
  return query_catalog(context, std::move(q), "Missing service name");
}

maybe_response endpoints::health_node(request_context& context) {
  return query_catalog(context, about(query::subject::node_checks), "Missing node name");
}

maybe_response endpoints::health_checks(request_context& context) {
  return query_catalog(context, about(query::subject::service_checks), "Missing service name");
}

maybe_response endpoints::health_state(request_context& context) {
  return query_catalog(context, about(query::subject::state_checks), "Missing check state");
}

maybe_response endpoints::catalog_datacenters(request_context& context) {
  text::json_writer body;
  body.begin_array().value(options_.datacenter).end_array();
  return json(context, 200, body.take());
}

maybe_response endpoints::catalog_nodes(request_context& context) {
  return query_catalog(context, about(query::subject::nodes), {});
}

maybe_response endpoints::catalog_node(request_context& context) {
  return query_catalog(context, about(query::subject::node), "Missing node name");
}

maybe_response endpoints::catalog_services(request_context& context) {
  return query_catalog(context, about(query::subject::services), {});
}

maybe_response endpoints::catalog_service(request_context& context) {
  return query_catalog(context, about(query::subject::catalog), "Missing service name");
}

maybe_response endpoints::catalog_node_services(request_context& context) {
  return query_catalog(context, about(query::subject::node_services), "Missing node name");
}

maybe_response endpoints::refused_query(const query& q, std::string text) const {
  if (q.what == query::subject::health && !traits_.failed_health_query_has_meta) {
    return text_response(500, std::move(text));
  }
  return unstarted_query(500, std::move(text), traits_);
}

maybe_response endpoints::query_catalog(request_context& context, query q,
                                        std::string_view missing) {
  const request_target& target = context.target;
  query_options options;
  if (maybe_response error = other_namespace(context)) return error;
  if (maybe_response error = parse_options(context, options)) return error;
  if (!missing.empty() && context.rest.empty()) return text_response(400, std::string(missing));
  const std::string_view datacenter = target.get("dc");
  if (!datacenter.empty() && datacenter != options_.datacenter) {
    return refused_query(q, "No path to datacenter");
  }
  const std::string_view expression = target.get("filter");
  const bool filtered = q.what != query::subject::services || traits_.filters_all_lists;
  if (filtered && !expression.empty()) {
    q.filter = std::make_shared<record_filter>(expression, schema_of(q.what), traits_);
    if (!q.filter->error().empty()) return refused_query(q, q.filter->error());
  }
  q.name = std::move(context.rest);
  q.tags = target.all("tag");
  q.node_meta = target.all("node-meta");
  q.consistency = options.consistency;
  q.may_block = options.after > 0;
  return run_query(context, std::move(q), options);
}

}  // namespace tenure::agent
