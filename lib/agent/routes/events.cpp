// /v1/event/: clients fire events, and list those that this node keeps.
#include <array>
#include <re2/re2.h>
#include <utility>

#include "agent/go/regexp.hpp"
#include "agent/render/responses.hpp"
#include "agent/routes/endpoints.hpp"

namespace tenure::agent {
namespace {

/// Consul's refusal of the filters; empty if they are valid.
std::string filter_error(const user_event& event) {
  if (!event.tag_filter.empty() && event.service_filter.empty()) {
    return "Cannot provide tag filter without service filter";
  }
  const std::array<std::pair<const char*, const std::string*>, 3> filters{
      {{"node", &event.node_filter},
       {"service", &event.service_filter},
       {"tag", &event.tag_filter}}};
  for (const auto& [what, expression] : filters) {
    const auto compiled = go_regexp(*expression);
    if (compiled->ok()) continue;
    return std::string("Invalid ") + what + " filter: " + go_regexp_error(*compiled);
  }
  return {};
}

bool matches(const std::string& expression, const std::string& text) {
  return RE2::PartialMatch(text, *go_regexp(expression));
}

}  // namespace

maybe_response endpoints::event_fire(request_context& context) {
  if (maybe_response error = body_too_large(context, {})) return error;
  const request_target& target = context.target;
  user_event event;
  event.name = context.rest;
  if (event.name.empty()) return text_response(400, "Missing name");
  event.node_filter = target.get("node");
  event.service_filter = target.get("service");
  event.tag_filter = target.get("tag");
  event.payload = context.request.body;
  if (std::string error = filter_error(event); !error.empty()) {
    return text_response(500, std::move(error));
  }
  if (maybe_response error = other_datacenter(context)) return error;
  event.id = sessions_.fresh_id(random_);

  // Consul matches the ids of the services, not their names.
  bool passes = matches(event.node_filter, options_.node_name);
  if (passes && !event.service_filter.empty()) {
    passes = false;
    for (const auto& [id, service] : services_.all_services()) {
      if (!matches(event.service_filter, id)) continue;
      bool tagged = event.tag_filter.empty();
      for (const std::string& tag : service.tags) tagged = tagged || matches(event.tag_filter, tag);
      passes = passes || tagged;
    }
  }
  text::json_writer body;
  event.write(body);
  events_.fire(std::move(event),
               passes ? event_log::delivery::kept : event_log::delivery::filtered_out);
  return json(context, 200, body.take());
}

maybe_response endpoints::event_list(request_context& context) {
  query_options options;
  if (maybe_response error = parse_options(context, options)) return error;
  query q;
  q.what = query::subject::events;
  q.name = context.target.get("name");
  return run_query(context, std::move(q), options);
}

}  // namespace tenure::agent
