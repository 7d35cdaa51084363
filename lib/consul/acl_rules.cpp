#include "consul/acl_rules.hpp"

#include <algorithm>
#include <tenure/toolkit/percent.hpp>
#include <utility>

#include "consul/format.hpp"
#include "text/hex.hpp"

namespace tenure::consul {
namespace {

constexpr std::string_view denied = "Permission denied";
constexpr unsigned ok = 200;

// What follows `prefix` in a path, decoded; nothing if the path is another.
std::optional<std::string> name_after(std::string_view path, std::string_view prefix) {
  if (!path.starts_with(prefix)) return std::nullopt;
  path.remove_prefix(prefix.size());
  return text::percent_decode(path, text::plus_sign::literal);
}

std::string_view between(std::string_view text, std::string_view begin, std::string_view end) {
  const auto from = text.find(begin);
  if (from == text.npos) return {};
  text.remove_prefix(from + begin.size());
  return text.substr(0, text.find(end));
}

// The contenders of a semaphore have keys that are named after their sessions. The next session has
// another name, so the rule is that of the folder.
acl_rule widened(acl_rule rule) {
  constexpr std::string_view session_form = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  const auto slash = rule.name.rfind('/');
  if (rule.resource != "key" || slash == std::string::npos) return rule;
  const std::string_view last = std::string_view(rule.name).substr(slash + 1);
  const bool session = std::ranges::equal(last, session_form, [](char c, char form) {
    return form == '-' ? c == '-' : text::hex_value(c) >= 0;
  });
  if (!session) return rule;
  rule.resource = "key_prefix";
  rule.name.resize(slash + 1);
  return rule;
}

// "key:write" and a name. A list is refused by a rule of the prefix.
std::optional<acl_rule> rule_of(std::string_view right, std::string_view name) {
  const auto colon = right.find(':');
  if (colon == right.npos || name.empty()) return std::nullopt;
  acl_rule rule{std::string(right.substr(0, colon)), std::string(name),
                std::string(right.substr(colon + 1))};
  if (rule.access == "list") rule.resource += "_prefix";
  return widened(std::move(rule));
}

}  // namespace

acl_rule rule_for(std::string_view verb, std::string_view key) {
  const bool read = verb == "get" || verb == "check-index" || verb == "check-session";
  return widened(
      {verb == "delete-tree" ? "key_prefix" : "key", std::string(key), read ? "read" : "write"});
}

std::optional<acl_rule> rule_for(const target& to) {
  const std::string_view path = to.path();
  if (const auto key = name_after(path, "/v1/kv/")) {
    const std::string all = to.text();
    const bool recurse = all.find("?recurse", path.size()) != all.npos ||
                         all.find("&recurse", path.size()) != all.npos;
    return widened({recurse ? "key_prefix" : "key", *key, recurse ? "list" : "read"});
  }
  // Consul checks the name of the session's node, which is not in the request.
  if (path.starts_with("/v1/session/info/")) return acl_rule{"session_prefix", "", "read"};
  if (path.starts_with("/v1/session/")) return acl_rule{"session_prefix", "", "write"};
  // Consul checks the name of the service, and the request has its id.
  if (path.starts_with("/v1/agent/service/register") ||
      path.starts_with("/v1/agent/service/deregister/") || path.starts_with("/v1/agent/check/"))
    return acl_rule{"service_prefix", "", "write"};
  if (path.starts_with("/v1/agent/service/")) return acl_rule{"service_prefix", "", "read"};
  return std::nullopt;
}

std::optional<acl_rule> rule_named_in(std::string_view refusal) {
  // Permission denied: token with AccessorID '...' lacks permission 'key:write' on "a/b"
  const auto named = refusal.find("lacks permission '");
  if (named != refusal.npos) {
    const std::string_view right = between(refusal.substr(named), "permission '", "'");
    std::string_view name = refusal.substr(named);
    const auto begin = name.find("' on \"");
    if (begin == name.npos) return std::nullopt;
    name.remove_prefix(begin + 6);
    const auto end = name.rfind("\". The anonymous token");
    return rule_of(right, name.substr(0, end != name.npos ? end : name.rfind('"')));
  }
  // Permission denied: Missing service:write on db
  const std::string_view right = between(refusal, ": Missing ", " on ");
  const auto on = refusal.find(" on ");
  if (right.empty() || on == refusal.npos) return std::nullopt;
  return rule_of(right, refusal.substr(on + 4));
}

bool proves_right(const target& to, unsigned status) noexcept {
  const std::string_view path = to.path();
  if (path.starts_with("/v1/kv/")) return true;
  const bool checked = path == "/v1/session/create" || path.starts_with("/v1/session/renew/") ||
                       path == "/v1/agent/service/register" ||
                       path.starts_with("/v1/agent/check/pass/");
  return checked && status == ok;
}

std::optional<acl_rule> missing_rule(const target& to, std::string_view refusal) {
  if (refusal.find(denied) == refusal.npos) return std::nullopt;
  auto named = rule_named_in(refusal);
  return named ? named : rule_for(to);
}

std::string refusal_text(const std::optional<acl_rule>& rule, std::string_view refusal) {
  if (rule) {
    const std::string_view accessor = between(refusal, "AccessorID '", "'");
    std::string who = "the token";
    if (refusal.find("anonymous token lacks") != refusal.npos) who = "the anonymous token";
    if (!accessor.empty()) who += " " + std::string(accessor);
    return who + " lacks " + rule->right() + " (" + rule->hcl() + ")";
  }
  if (refusal.find("must be bootstrapped") != refusal.npos)
    return "Consul's ACL system is not bootstrapped: consul acl bootstrap";
  if (refusal.find("ACL not found") != refusal.npos)
    return "Consul does not know the token (ACL not found)";
  return std::string(refusal);
}

}  // namespace tenure::consul
