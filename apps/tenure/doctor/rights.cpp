#include "tenure/doctor/rights.hpp"

#include <simdjson.h>

#include <chrono>
#include <ctime>
#include <optional>
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
                "add to its policy, or remove a rule that denies it: " + rule.hcl() +
                    "  (all rules: tenure policy " + policy + ")");
  }
}

// Which of the rules the token lacks. Nothing: Consul does not say.
std::optional<std::vector<acl_rule>> lacking(const reply& answer,
                                             const std::vector<acl_rule>& rules) {
  dom::parser parser;
  dom::array all;
  if (!answer.has(200) || parser.parse(answer.response.body).get(all) != simdjson::SUCCESS)
    return std::nullopt;
  std::vector<acl_rule> missing;
  std::size_t number = 0;
  for (const dom::element one : all) {
    bool allowed = false;
    if (number < rules.size() && one["Allow"].get(allowed) == simdjson::SUCCESS && !allowed)
      missing.push_back(rules[number]);
    ++number;
  }
  return missing;
}

reply ask_about(asker& ask, const server_facts& server, const std::vector<acl_rule>& rules) {
  return ask.post("/v1/internal/acl/authorize", question(rules, server));
}

void report_unknown_token(report& out, bool has_token, const std::string& policy) {
  out.problem("rights",
              has_token ? "Consul does not know the token"
                        : "Consul takes no request without a token",
              has_token ? "it was deleted, has expired, or belongs to another cluster: give a "
                          "valid one by --token-file, CONSUL_HTTP_TOKEN_FILE or "
                          "CONSUL_HTTP_TOKEN; tenure policy " + policy + " prints its rules"
                        : "give one by --token-file or CONSUL_HTTP_TOKEN_FILE; before the first "
                          "one: consul acl bootstrap");
}

}  // namespace

void check_rights(report& out, asker& ask, const server_facts& server,
                  const std::vector<needed_rights>& wanted) {
  if (server.acls && !*server.acls) {
    out.ok("rights", "ACLs are off: no token is needed");
    return;
  }
  if (!server.has_leader) {
    // Servers that have never had one know no token, and say so of all.
    out.unknown("rights", "without a leader of the servers nothing is known of the token");
    return;
  }
  const std::string& policy = wanted.front().words;
  const std::vector<acl_rule> rules = wanted.front().rules.rules();
  const reply answer = ask_about(ask, server, rules);
  if (answer.has(401)) {
    out.ok("rights", "ACLs are off: no token is needed");
    return;
  }
  const std::string& body = answer.response.body;
  if (answer.has(403) && body.find("ACL not found") != body.npos) {
    report_unknown_token(out, !ask.config().token().empty(), policy);
    return;
  }
  const auto missing = lacking(answer, rules);
  if (!missing) {
    out.unknown("rights", "this Consul does not say which rights the token has: " + answer.text(),
                "tenure policy " + policy + " prints what it needs");
    return;
  }
  std::string held = missing->empty() ? policy : "";
  for (std::size_t i = 1; i < wanted.size() && held.empty(); ++i) {
    const std::vector<acl_rule> fewer = wanted[i].rules.rules();
    const auto lacks = lacking(ask_about(ask, server, fewer), fewer);
    if (lacks && lacks->empty()) held = wanted[i].words;
  }
  if (held.empty()) {
    name_missing(out, server, *missing, policy);
  } else {
    out.ok("rights", "the token has what tenure policy " + held + " prints" +
                         (held == policy ? "" : "; a program that stands there needs what tenure "
                                                "policy " + policy + " prints"));
  }
  if (!ask.config().token().empty()) check_expiry(out, ask);
}

}  // namespace tenure::doctor
