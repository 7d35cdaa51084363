// /v1/kv/
#include <utility>

#include "agent/go/text.hpp"
#include "agent/render/responses.hpp"
#include "agent/routes/endpoints.hpp"

namespace tenure::agent {
namespace {

/// Consul's refusal of mutually exclusive parameters; nothing if there is at most one.
maybe_response conflicting(const request_target& target, const consul_traits& traits,
                           std::initializer_list<std::string_view> names) {
  int found = 0;
  for (const std::string_view name : names) found += target.has(name) ? 1 : 0;
  if (found < 2) return std::nullopt;
  return text_response(400, "Conflicting flags: " + target.encoded_query() +
                                std::string(traits.conflict_end));
}

}  // namespace

maybe_response endpoints::kv(request_context& context) {
  query_options options;
  if (maybe_response error = parse_options(context, options)) return error;
  const std::string& method = context.request.method;
  if (maybe_response error = other_namespace(context)) return error;
  if (method == "GET") return kv_get(context, options);
  return method == "PUT" ? kv_put(context) : kv_delete(context);
}

maybe_response endpoints::kv_get(request_context& context, const query_options& options) {
  const request_target& target = context.target;
  query q;
  q.name = std::move(context.rest);
  if (target.has("keys")) {
    q.what = query::subject::key_names;
    q.separator = target.has("separator") ? target.get("separator") : target.get("seperator");
  } else if (target.has("recurse")) {
    q.what = query::subject::tree;
  } else {
    if (q.name.empty()) return text_response(400, "Missing key name");
    q.raw = target.has("raw");
  }
  if (maybe_response error = other_datacenter(context)) return error;
  return run_query(context, std::move(q), options);
}

maybe_response endpoints::kv_put(request_context& context) {
  const request_target& target = context.target;
  kv_fields wanted;
  wanted.key = std::move(context.rest);
  if (wanted.key.empty()) return text_response(400, "Missing key name");
  if (maybe_response error = conflicting(target, traits_, {"cas", "acquire", "release"})) {
    return error;
  }
  if (target.has("flags")) {
    const auto flags = go_parse_uint(target.get("flags"));
    if (!flags.ok()) return text_response(500, flags.error);
    wanted.flags = flags.value;
  }
  const bool cas = target.has("cas");
  if (cas) {
    const auto expected = go_parse_uint(target.get("cas"));
    if (!expected.ok()) return text_response(500, expected.error);
    wanted.modify_index = expected.value;
  }
  const bool acquire = target.has("acquire");
  const bool release = target.has("release");
  if (maybe_response error = body_too_large(context, "kv_max_value_size")) return error;
  wanted.value = context.request.body;
  if (maybe_response error = other_datacenter(context)) return error;

  lock_outcome outcome;
  if (acquire) {
    wanted.session = target.get("acquire");
    if (locks_.delayed(wanted.key, now_)) return json(context, 200, "false");
    outcome = locks_.lock(next_index(), wanted);
  } else if (release) {
    wanted.session = target.get("release");
    outcome = locks_.unlock(next_index(), wanted, now_);
  } else if (cas) {
    outcome.done = keys_.set_if(next_index(), wanted);
  } else {
    keys_.set(next_index(), wanted);
    outcome.done = true;
  }
  if (!outcome.error.empty()) {
    return text_response(500, std::string(traits_.lock_error_start) + outcome.error);
  }
  return json(context, 200, outcome.done ? "true" : "false");
}

maybe_response endpoints::kv_delete(request_context& context) {
  const request_target& target = context.target;
  const std::string key = std::move(context.rest);
  if (maybe_response error = conflicting(target, traits_, {"recurse", "cas"})) return error;
  const bool recurse = target.has("recurse");
  if (!recurse && key.empty()) return text_response(400, "Missing key name");
  go_parsed<std::uint64_t> expected;
  if (target.has("cas")) {
    expected = go_parse_uint(target.get("cas"));
    if (!expected.ok()) return text_response(500, expected.error);
  }
  if (maybe_response error = other_datacenter(context)) return error;

  bool done = true;
  if (recurse) {
    keys_.erase_tree(next_index(), key);
  } else if (target.has("cas")) {
    done = keys_.erase_if(next_index(), expected.value, key);
  } else {
    keys_.erase(next_index(), key);
  }
  return json(context, 200, done ? "true" : "false");
}

}  // namespace tenure::agent
