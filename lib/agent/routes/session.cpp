// /v1/session/
#include <algorithm>
#include <utility>

#include "agent/go/text.hpp"
#include "agent/render/entries.hpp"
#include "agent/render/responses.hpp"
#include "agent/render/services.hpp"
#include "agent/requests/session_request.hpp"
#include "agent/routes/endpoints.hpp"
#include "agent/state/names.hpp"

namespace tenure::agent {
namespace {

using namespace std::chrono_literals;

constexpr duration longest_ttl = 24h;
/// A session lives this many TTLs after its last renewal.
constexpr int ttl_multiplier = 2;

/// The length of a TTL, or Consul's error text.
go_parsed<std::int64_t> checked_ttl(const std::string& ttl, duration shortest) {
  if (ttl.empty()) return {};
  auto parsed = go_parse_duration(ttl);
  if (!parsed.ok()) {
    parsed.error = "Session TTL '" + ttl + "' invalid: " + parsed.error;
    return parsed;
  }
  const duration span(parsed.value);
  if (span != duration::zero() && (span < shortest || span > longest_ttl)) {
    parsed.error = "Invalid Session TTL '" + std::to_string(parsed.value) +
                   "', must be between [" + go_format_duration(shortest.count()) + "=" +
                   go_format_duration(longest_ttl.count()) + "]";
  }
  return parsed;
}

/// All checks that a session would be bound to, in the order in which Consul validates them.
std::vector<std::string> all_checks(const session_request& wanted) {
  std::vector<std::string> all;
  for (const auto* checks : {&wanted.checks, &wanted.node_checks}) {
    if (*checks) all.insert(all.end(), (*checks)->begin(), (*checks)->end());
  }
  if (wanted.service_checks) {
    for (const service_check& check : *wanted.service_checks) all.push_back(check.id);
  }
  return all;
}

std::string lookup_error(const session_key& key) {
  return "failed session lookup: index error: " + key.error();
}

}  // namespace

maybe_response endpoints::session_create(request_context& context) {
  // Consul has no limit here, but the HTTP server does not read a body above its own.
  if (maybe_response error = body_too_large(context, {})) return error;
  session_request wanted(options_.node_name);
  if (!context.request.body.empty()) {
    const std::string error = wanted.read(context.request.body);
    if (!error.empty()) return text_response(400, "Request decode failed: " + error);
  }
  if (maybe_response error = other_datacenter(context)) return error;
  if (wanted.node.empty()) return text_response(500, "Must provide Node");
  if (wanted.behavior.empty()) wanted.behavior = "release";
  if (wanted.behavior != "release" && wanted.behavior != "delete") {
    return text_response(500, "Invalid Behavior setting '" + wanted.behavior + "'");
  }
  const auto ttl = checked_ttl(wanted.ttl, options_.session_ttl_min);
  if (!ttl.ok()) return text_response(500, ttl.error);

  const auto refused = [this](const std::string& why) {
    return text_response(500, std::string(traits_.session_error_start) + why);
  };
  // From here on Consul has a raft log entry.
  const std::uint64_t index = next_index();
  if (catalog_.find(wanted.node) == nullptr) return refused("Missing node registration");
  // The default by the old name is none: the new name has its own.
  const std::vector<std::string> by_default{node_health().id};
  if (wanted.checks == by_default) wanted.checks.reset();
  for (const std::string& id : all_checks(wanted)) {
    if (id.empty() && traits_.names_empty_check) {
      return refused("failed check lookup: index error: object is missing a value for this index");
    }
    const catalog_check* check = catalog_.find_check(wanted.node, id);
    if (check == nullptr) return refused("Missing check '" + id + "' registration");
    if (check->critical()) return refused("Check '" + id + "' is in critical state");
  }
  session_entry& session = sessions_.add(index, sessions_.fresh_id(random_));
  session.name = std::move(wanted.name);
  session.node = std::move(wanted.node);
  session.behavior = std::move(wanted.behavior);
  session.ttl = std::move(wanted.ttl);
  session.lock_delay_ns = wanted.lock_delay_ns;
  if (wanted.checks) session.checks = std::move(*wanted.checks);
  session.node_checks = std::move(wanted.node_checks);
  session.service_checks = std::move(wanted.service_checks);
  session.ttl_span = duration(ttl.value);
  session.expiry.owner = this;
  arm_session(session);
  text::json_writer json_body;
  json_body.begin_object().key("ID").value(session.id).end_object();
  return json(context, 200, json_body.take());
}

maybe_response endpoints::session_destroy(request_context& context) {
  if (context.rest.empty()) return text_response(400, "Missing session");
  if (maybe_response error = other_datacenter(context)) return error;
  const session_key key(context.rest);
  const std::uint64_t index = next_index();
  if (malformed(key)) return text_response(500, lookup_error(key));
  session_entry* session = sessions_.find(key);
  if (session != nullptr) locks_.end_session(index, *session, now_);
  return json(context, 200, "true");
}

maybe_response endpoints::session_renew(request_context& context) {
  query_options options;
  if (maybe_response error = parse_options(context, options)) return error;
  if (context.rest.empty()) return text_response(400, "Missing session");
  if (maybe_response error = other_datacenter(context)) return error;
  const session_key key(context.rest);
  if (malformed(key)) return text_response(500, lookup_error(key));
  session_entry* session = sessions_.find(key);
  if (session == nullptr) {
    return text_response(404, "Session id '" + context.rest + "' not found");
  }
  arm_session(*session);
  text::json_writer json_body;
  json_body.begin_array();
  write_session(json_body, *session);
  json_body.end_array();
  return json(context, 200, json_body.take());
}

maybe_response endpoints::session_info(request_context& context) {
  query_options options;
  if (maybe_response error = parse_options(context, options)) return error;
  if (context.rest.empty()) return text_response(400, "Missing session");
  if (maybe_response error = other_datacenter(context)) return error;
  const session_key key(context.rest);
  if (malformed(key)) return unstarted_query(500, lookup_error(key), traits_);
  query q;
  q.what = query::subject::session;
  q.name = std::move(context.rest);
  return run_query(context, std::move(q), options);
}

maybe_response endpoints::session_node(request_context& context) {
  query_options options;
  if (maybe_response error = parse_options(context, options)) return error;
  if (context.rest.empty()) return text_response(400, "Missing node name");
  if (maybe_response error = other_datacenter(context)) return error;
  query q;
  q.what = query::subject::node_sessions;
  q.name = std::move(context.rest);
  return run_query(context, std::move(q), options);
}

maybe_response endpoints::session_list(request_context& context) {
  query_options options;
  if (maybe_response error = parse_options(context, options)) return error;
  if (maybe_response error = other_datacenter(context)) return error;
  query q;
  q.what = query::subject::all_sessions;
  return run_query(context, std::move(q), options);
}

bool endpoints::malformed(const session_key& key) const noexcept {
  return !key.valid() && traits_.refuses_malformed_sessions;
}

template <class Wanted>
void endpoints::end_sessions(std::uint64_t index, Wanted wanted) {
  std::vector<session_entry*> ended;
  sessions_.for_each([&](session_entry& session) {
    if (wanted(session)) ended.push_back(&session);
    return true;
  });
  for (session_entry* session : ended) locks_.end_session(index, *session, now_);
}

void endpoints::check_failed(std::uint64_t index, const std::string& node,
                             const std::string& check) {
  end_sessions(index, [&](const session_entry& session) {
    return same_name(session.node, node) && session.bound_to(check);
  });
}

void endpoints::node_gone(std::uint64_t index, const std::string& node) {
  end_sessions(index,
               [&](const session_entry& session) { return same_name(session.node, node); });
}

void endpoints::arm_session(session_entry& session) {
  if (session.ttl_span <= duration::zero()) return;
  const duration life = session_life_ ? session_life_(session.ttl_span)
                                      : ttl_multiplier * session.ttl_span;
  timers_.arm(session.expiry, now_ + life);
}

void endpoints::session_expired(session_entry& session) noexcept {
  if (sessions_frozen_) return arm_session(session);
  locks_.end_session(next_index(), session, now_);
}

}  // namespace tenure::agent
