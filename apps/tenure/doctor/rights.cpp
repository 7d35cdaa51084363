#include "tenure/doctor/rights.hpp"

#include <simdjson.h>

#include <chrono>
#include <ctime>
#include <string_view>
#include <vector>

#include "common/duration.hpp"
#include "common/json.hpp"

namespace tenure::doctor {
namespace {

namespace dom = simdjson::dom;

constexpr std::string_view prefix_suffix = "_prefix";

// How Consul's interface for people asks for rights: it checks, and does nothing.
std::string question(const std::vector<acl_rule>& rules, const server_facts& server) {
  std::string body;
  for (const acl_rule& rule : rules) {
    std::string resource = rule.resource;
    if (resource.ends_with(prefix_suffix)) resource.resize(resource.size() - prefix_suffix.size());
    // Consul checks the name of the node on which a session is made.
    const std::string& name = resource == "session" && rule.name.empty() ? server.node : rule.name;
    body += std::string(body.empty() ? "[" : ",") + "{\"Resource\":" +
            apps::json_string(resource) + ",\"Segment\":" + apps::json_string(name) +
            ",\"Access\":" + apps::json_string(rule.access) + "}";
  }
  return body + "]";
}

void check_expiry(report& out, asker& ask) {
  const reply self = ask.get("/v1/acl/token/self");
  dom::parser parser;
  dom::element all;
  std::string_view text;
  if (!self.has(200) || parser.parse(self.response.body).get(all) != simdjson::SUCCESS ||
      all["ExpirationTime"].get(text) != simdjson::SUCCESS)
    return;
  std::tm parts = {};
  const std::string date(text);
  if (::strptime(date.c_str(), "%Y-%m-%dT%H:%M:%S", &parts) == nullptr) return;
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  const long long left = static_cast<long long>(::timegm(&parts)) - now;
  constexpr long long day = 86'400;
  if (left > day) {
    out.ok("token", "the token expires at " + date);
  } else {
    out.warning("token", "the token expires at " + date,
                "follow a file or a command that renews it: --token-file, --token-command");
  }
}

// Whether Consul was asked about that rule with the name of the agent's node.
bool is_for_node(const acl_rule& rule) {
  return rule.resource == "session_prefix" && rule.name.empty();
}

void name_missing(report& out, const server_facts& server, const std::vector<acl_rule>& missing,
                  const std::string& policy) {
  for (const acl_rule& rule : missing) {
    if (is_for_node(rule) && server.node.empty()) {
      // A rule for this node alone is enough.
      out.unknown("rights",
                  "the token lacks " + rule.right() + " for all nodes, and may have it for the "
                      "agent's node: the node's name is not known",
                  "if candidates log that they lack it, add to its policy: " + rule.hcl() +
                      "; agent_prefix \"\" { policy = \"read\" } shows the name here");
      continue;
    }
    out.problem("rights", "the token lacks " + rule.right(),
                "add to its policy: " + rule.hcl() + "  (all rules: tenure policy " + policy + ")");
  }
}

}  // namespace

void check_rights(report& out, asker& ask, const server_facts& server, const acl_policy& wanted,
                  const std::string& policy) {
  if (server.acls && !*server.acls) {
    out.ok("rights", "ACLs are off: no token is needed");
    return;
  }
  if (!server.has_leader) {
    // Servers that have never had one know no token, and say so of all.
    out.unknown("rights", "without a leader of the servers nothing is known of the token");
    return;
  }
  const std::vector<acl_rule> rules = wanted.rules();
  const reply answer = ask.post("/v1/internal/acl/authorize", question(rules, server));
  if (answer.has(401)) {
    out.ok("rights", "ACLs are off: no token is needed");
    return;
  }
  const std::string& body = answer.response.body;
  if (answer.has(403) && body.find("ACL not found") != body.npos) {
    const bool has_token = !ask.config().token().empty();
    out.problem("rights",
                has_token ? "Consul does not know the token"
                          : "Consul takes no request without a token",
                has_token ? "it was deleted, has expired, or belongs to another cluster: give a "
                            "valid one by --token-file, CONSUL_HTTP_TOKEN_FILE or "
                            "CONSUL_HTTP_TOKEN; tenure policy " + policy + " prints its rules"
                          : "give one by --token-file or CONSUL_HTTP_TOKEN_FILE; before the first "
                            "one: consul acl bootstrap");
    return;
  }
  dom::parser parser;
  dom::array all;
  if (!answer.has(200) || parser.parse(body).get(all) != simdjson::SUCCESS) {
    out.unknown("rights", "this Consul does not say which rights the token has: " + answer.text(),
                "tenure policy " + policy + " prints what it needs");
    return;
  }
  std::vector<acl_rule> missing;
  std::size_t number = 0;
  for (const dom::element one : all) {
    bool allowed = false;
    if (number < rules.size() && one["Allow"].get(allowed) == simdjson::SUCCESS && !allowed)
      missing.push_back(rules[number]);
    ++number;
  }
  name_missing(out, server, missing, policy);
  if (missing.empty()) out.ok("rights", "the token has what tenure policy " + policy + " prints");
  if (!ask.config().token().empty()) check_expiry(out, ask);
}

}  // namespace tenure::doctor
