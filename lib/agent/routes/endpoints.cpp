#include "agent/routes/endpoints.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "agent/go/text.hpp"
#include "agent/render/responses.hpp"
#include "agent/state/names.hpp"
#include "core/testing/seeded_bug.hpp"

namespace tenure::agent {

struct route_entry {
  std::string_view path;  ///< a final slash: the endpoint takes the rest of the path
  std::string_view methods;
  maybe_response (endpoints::*serve)(request_context&);
};

namespace {

using namespace std::chrono_literals;

constexpr duration default_wait = 5min;
constexpr duration longest_wait = 10min;
constexpr int jitter_fraction = 16;
/// Consul's start takes the first indexes. Clients rely on that: before the first write a missing
/// key has index 1, and the first write must be above it.
constexpr std::uint64_t lowest_start_index = 10;
constexpr duration tombstone_life = 15min;
constexpr duration tombstone_granularity = 30s;

constexpr auto routes = std::to_array<route_entry>({
    {"/v1/kv/", "GET,PUT,DELETE", &endpoints::kv},
    {"/v1/txn", "PUT", &endpoints::txn},
    {"/v1/session/renew/", "PUT", &endpoints::session_renew},
    {"/v1/session/create", "PUT", &endpoints::session_create},
    {"/v1/session/destroy/", "PUT", &endpoints::session_destroy},
    {"/v1/session/info/", "GET", &endpoints::session_info},
    {"/v1/session/node/", "GET", &endpoints::session_node},
    {"/v1/session/list", "GET", &endpoints::session_list},
    {"/v1/status/leader", "GET", &endpoints::status_leader},
    {"/v1/status/peers", "GET", &endpoints::status_peers},
    {"/v1/agent/self", "GET", &endpoints::agent_self},
    {"/v1/agent/members", "GET", &endpoints::agent_members},
    {"/v1/agent/maintenance", "PUT", &endpoints::agent_maintenance},
    {"/v1/agent/connect/ca/roots", "GET", &endpoints::ca_roots},
    {"/v1/agent/health/service/id/", "GET", &endpoints::agent_health_id},
    {"/v1/agent/health/service/name/", "GET", &endpoints::agent_health_name},
    {"/v1/agent/services", "GET", &endpoints::service_list},
    {"/v1/agent/service/register", "PUT", &endpoints::service_register},
    {"/v1/agent/service/deregister/", "PUT", &endpoints::service_deregister},
    {"/v1/agent/service/maintenance/", "PUT", &endpoints::service_maintenance},
    {"/v1/agent/service/", "GET", &endpoints::service_show},
    {"/v1/agent/checks", "GET", &endpoints::check_list},
    {"/v1/agent/check/register", "PUT", &endpoints::check_register},
    {"/v1/agent/check/deregister/", "PUT", &endpoints::check_deregister},
    {"/v1/agent/check/pass/", "PUT", &endpoints::check_pass},
    {"/v1/agent/check/warn/", "PUT", &endpoints::check_warn},
    {"/v1/agent/check/fail/", "PUT", &endpoints::check_fail},
    {"/v1/agent/check/update/", "PUT", &endpoints::check_update},
    {"/v1/health/service/", "GET", &endpoints::health_service},
    {"/v1/health/node/", "GET", &endpoints::health_node},
    {"/v1/health/checks/", "GET", &endpoints::health_checks},
    {"/v1/health/state/", "GET", &endpoints::health_state},
    {"/v1/catalog/register", "PUT", &endpoints::catalog_register},
    {"/v1/catalog/deregister", "PUT", &endpoints::catalog_deregister},
    {"/v1/catalog/datacenters", "GET", &endpoints::catalog_datacenters},
    {"/v1/catalog/nodes", "GET", &endpoints::catalog_nodes},
    {"/v1/catalog/node/", "GET", &endpoints::catalog_node},
    {"/v1/catalog/services", "GET", &endpoints::catalog_services},
    {"/v1/catalog/service/", "GET", &endpoints::catalog_service},
    {"/v1/catalog/node-services/", "GET", &endpoints::catalog_node_services},
    {"/v1/event/fire/", "PUT", &endpoints::event_fire},
    {"/v1/event/list", "GET", &endpoints::event_list},
    {"/v1/coordinate/datacenters", "GET", &endpoints::coordinate_datacenters},
    {"/v1/coordinate/nodes", "GET", &endpoints::coordinate_nodes},
    {"/v1/coordinate/node/", "GET", &endpoints::coordinate_node},
    {"/v1/coordinate/update", "PUT", &endpoints::coordinate_update},
    {"/v1/connect/ca/roots", "GET", &endpoints::ca_roots},
});

/// The parts of Consul's API below which this agent lacks endpoints.
constexpr auto api_parts = std::to_array<std::string_view>({
    "/v1/acl/", "/v1/agent/", "/v1/catalog/", "/v1/config", "/v1/connect/", "/v1/coordinate/",
    "/v1/discovery-chain/", "/v1/event/", "/v1/exported-services", "/v1/health/", "/v1/internal/",
    "/v1/operator/", "/v1/peering", "/v1/query", "/v1/snapshot",
});

bool allowed(std::string_view method, std::string_view methods) {
  while (!methods.empty()) {
    const std::size_t end = std::min(methods.find(','), methods.size());
    if (methods.substr(0, end) == method) return true;
    methods.remove_prefix(std::min(end + 1, methods.size()));
  }
  return false;
}

runtime::http_response with_allow(runtime::http_response response, std::string_view methods) {
  response.headers.emplace_back("Allow", "OPTIONS," + std::string(methods));
  return response;
}

}  // namespace

endpoints::endpoints(handler_options options, runtime::random_source& random, answer_sink& sink,
                     time_point start)
    : options_(std::move(options)),
      random_(random),
      sink_(sink),
      start_(start),
      now_(start),
      index_(std::max(options_.start_index, lowest_start_index)),
      node_id_(sessions_.fresh_id(random)),
      locks_(keys_, sessions_, timers_, traits_, start + options_.start_lock_delay) {
  put_own_node(index_);
}

void endpoints::tick(time_point now) {
  now_ = std::max(now_, now);
  // A session's end wakes queries: serve them before the next timer fires.
  while (timers_.next() <= now_) {
    timers_.fire_due(now_);
    after_change();
  }
}

bool endpoints::forgets_nothing(time_point now, duration lease) const noexcept {
  const bool open = now >= start_ + options_.start_lock_delay;
  const time_point lost = locks_.lost_at();
  const bool over = lost == time_point::min() || now - lost >= lease ||
                    bug_enabled(core::seeded_bug::clean_stop_in_lease);
  return open && sessions_.size() == 0 && over;
}

void endpoints::handle(const runtime::http_request& request, time_point now, request_id id) {
  tick(now);
  const auto semicolons = traits_.splits_at_semicolon ? request_target::semicolon::separates
                                                      : request_target::semicolon::refused;
  request_context context(request, request_target(request.target, semicolons), id);
  route(context);
  after_change();
}

void endpoints::endpoint_sink::answered(request_id id, runtime::http_response response) {
  finish_response(response, traits_);
  to_.answered(id, std::move(response));
}

void endpoints::route(request_context& context) {
  const std::string& method = context.request.method;
  request_target& target = context.target;
  const auto turn_away = [&](runtime::http_response response) {
    sink_.answered(context.id, std::move(response));
  };
  if (!target.path_valid()) return turn_away(bad_path_response());
  if (!go_printable(target.path())) return turn_away(runtime::http_response(400, {}));
  using cleaned = request_target::cleaned;
  const auto clean = traits_.cleans_escaped_slashes ? cleaned::unescaped : cleaned::escaped;
  if (const auto location = target.redirect(clean)) {
    return turn_away(redirect_response(traits_.redirect_status, method, *location));
  }

  const std::string_view path = target.path();
  for (const auto& r : routes) {
    const bool takes_rest = r.path.ends_with('/');
    if (takes_rest && path == r.path.substr(0, r.path.size() - 1)) {
      return turn_away(redirect_response(traits_.redirect_status, method, target.with_slash()));
    }
    if (takes_rest ? !path.starts_with(r.path) : path != r.path) continue;
    maybe_response response = serve(context, r);
    if (response) endpoint_sink_.answered(context.id, std::move(*response));
    return;
  }
  for (const std::string_view part : api_parts) {
    if (!path.starts_with(part)) continue;
    return endpoint_sink_.answered(
        context.id, text_response(501, "the embedded agent has no endpoint " + target.path()));
  }
  turn_away(path == "/" ? root_response(traits_) : unknown_path_response(path, traits_));
}

maybe_response endpoints::serve(request_context& context, const route_entry& route) {
  const std::string& method = context.request.method;
  request_target& target = context.target;
  if (!target.query_valid()) return text_response(500, {});
  if (method == "OPTIONS") return with_allow(text_response(200, {}), route.methods);
  if (!allowed(method, route.methods)) {
    return with_allow(text_response(405, "method " + method + " not allowed"), route.methods);
  }
  if (maybe_response refused = refused_tenant(context, route.path)) return refused;
  context.rest = target.path().substr(route.path.size());
  context.pretty = target.has("pretty");
  return (this->*route.serve)(context);
}

maybe_response endpoints::parse_options(const request_context& context,
                                             query_options& options) const {
  const request_target& target = context.target;
  if (const std::string_view wait = target.get("wait"); !wait.empty()) {
    const auto parsed = go_parse_duration(wait);
    if (!parsed.ok()) return text_response(400, "Invalid wait time");
    options.wait = duration(parsed.value);
  }
  if (const std::string_view index = target.get("index"); !index.empty()) {
    const auto parsed = go_parse_uint(index);
    if (!parsed.ok()) return text_response(400, "Invalid index");
    options.after = parsed.value;
  }
  bool stale = target.has("stale");
  if (const std::string_view most = target.get("max_stale"); !most.empty()) {
    const auto parsed = go_parse_duration(most);
    if (!parsed.ok()) return text_response(400, "Invalid max_stale value " + go_quote(most));
    stale = stale || parsed.value > 0;
  }
  if (stale && target.has("consistent")) {
    return text_response(400,
                         "Cannot specify ?stale with ?consistent, conflicting semantics.");
  }
  if (stale) options.consistency = "stale";
  if (target.has("consistent")) options.consistency = "consistent";
  if (target.has("cached") && target.has("consistent")) {
    return text_response(400,
                         "Cannot specify ?cached with ?consistent, conflicting semantics.");
  }
  return std::nullopt;
}

maybe_response endpoints::body_too_large(const request_context& context,
                                         std::string_view anchor) const {
  const auto& request = context.request;
  std::string size = std::to_string(request.body.size());
  bool too_large = request.body.size() > body_limit;
  for (const auto& [name, value] : request.headers) {
    if (same_name(name, "Content-Length")) {
      const auto declared = go_parse_uint(value);
      if (!declared.ok() || declared.value <= body_limit) continue;
      size = value;
      too_large = true;
    } else if (same_name(name, "Transfer-Encoding") && request.body.empty()) {
      size.clear();
      too_large = true;
    }
  }
  if (!too_large) return std::nullopt;
  std::string text = "Request body";
  if (!size.empty()) text += "(" + size + " bytes)";
  text += " too large, max size: " + std::to_string(body_limit) + " bytes.";
  if (anchor.empty()) return text_response(413, text);
  return text_response(413, text + " See " + std::string(traits_.limits_page) + "#" +
                                std::string(anchor) + ".");
}

maybe_response endpoints::run_query(request_context& context, query q,
                                    const query_options& options) {
  q.pretty = context.pretty;
  if (options.after == 0) {
    const std::uint64_t index = reader_.index(q);
    return reader_.answer(q, index);
  }
  duration wait = options.wait;
  if (wait > longest_wait) wait = longest_wait;
  if (wait <= duration::zero()) wait = default_wait;
  wait += random_.jitter(wait / jitter_fraction);
  parked_.ask(std::move(q), options.after, now_ + wait, context.id);
  return std::nullopt;
}

runtime::http_response endpoints::json(const request_context& context, unsigned status,
                                            std::string body) const {
  return json_response(status, context.pretty ? pretty_json(body) : std::move(body));
}

void endpoints::after_change() {
  if (keys_.newest_tombstone() > last_tombstone_) {
    last_tombstone_ = keys_.newest_tombstone();
    const auto since_boot = now_.time_since_epoch() + tombstone_life;
    const time_point at(since_boot + tombstone_granularity - since_boot % tombstone_granularity);
    if (tombstones_.empty() || tombstones_.back().at != at) {
      tombstones_.push_back({at, last_tombstone_});
      if (!tombstone_reaper_.armed()) timers_.arm(tombstone_reaper_, at);
    } else {
      tombstones_.back().index = last_tombstone_;
    }
  }
  update_aliases();
  parked_.serve_woken();
}

void endpoints::reaper::fire(timer& t) noexcept {
  auto& self = static_cast<reaper&>(t);
  (self.owner_.*self.reap_)();
}

void endpoints::reap_tombstones() {
  const std::uint64_t index = tombstones_.front().index;
  tombstones_.pop_front();
  if (!tombstones_.empty()) timers_.arm(tombstone_reaper_, tombstones_.front().at);
  next_index();
  keys_.reap_tombstones(index);
}

}  // namespace tenure::agent
