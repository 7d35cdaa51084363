#include "tenure/doctor/session.hpp"

#include <simdjson.h>

#include <charconv>
#include <map>
#include <string_view>
#include <tenure/toolkit/percent.hpp>

#include "common/duration.hpp"

namespace tenure::doctor {
namespace {

namespace dom = simdjson::dom;

// tenure's sessions are called "NAME span=15000ms".
duration span_in(const std::string& name) {
  constexpr std::string_view mark = " span=";
  const std::size_t at = name.rfind(mark);
  if (at == name.npos || !name.ends_with("ms")) return duration{0};
  long long ms = 0;
  const char* const end = name.data() + name.size() - 2;
  const auto read = std::from_chars(name.data() + at + mark.size(), end, ms);
  return read.ec == std::errc{} && read.ptr == end ? std::chrono::milliseconds(ms) : duration{0};
}

std::string text_of(dom::element from, const char* name) {
  std::string_view text;
  return from[name].get(text) == simdjson::SUCCESS ? std::string(text) : "";
}

void add_names(dom::element from, const char* name, std::vector<std::string>& to) {
  dom::array list;
  if (from[name].get(list) != simdjson::SUCCESS) return;
  for (const dom::element one : list) {
    std::string_view text;
    if (one.get(text) == simdjson::SUCCESS) {
      to.emplace_back(text);
    } else {
      to.push_back(text_of(one, "ID"));
    }
  }
}

// The status of each check of a node; empty where the token may not read the node.
std::map<std::string, std::string> read_checks(asker& ask, const std::string& node) {
  std::map<std::string, std::string> all;
  const reply answer = ask.get("/v1/health/node/" + text::percent_encode(node));
  dom::parser parser;
  dom::array list;
  if (!answer.has(200) || parser.parse(answer.response.body).get(list) != simdjson::SUCCESS)
    return all;
  for (const dom::element one : list) all[text_of(one, "CheckID")] = text_of(one, "Status");
  return all;
}

void check_health(report& out, asker& ask, const session_facts& held) {
  const std::map<std::string, std::string> all = read_checks(ask, held.node);
  if (held.checks.empty()) {
    const auto serf = all.find("serfHealth");
    if (serf == all.end() || serf->second != "critical") {
      out.ok("checks", "no health check ends the session");
      return;
    }
    out.warning("checks",
                "node " + held.node + " is down (serfHealth is critical), and no health check ends "
                    "the session",
                held.ttl.empty()
                    ? "destroy it if its program is gone: PUT /v1/session/destroy/" + held.id
                    : "its TTL ends it, within twice that time, unless its program renews it");
    return;
  }
  std::string seen;
  for (const std::string& check : held.checks) {
    const auto found = all.find(check);
    const std::string status = found == all.end() ? "not shown" : found->second;
    if (status == "critical") {
      out.warning("checks", "the check " + check + " of node " + held.node + " is critical",
                  "Consul ends the session for it in this moment; look at that node");
      return;
    }
    seen += (seen.empty() ? "" : ", ") + check + " " + status;
  }
  if (all.empty()) {
    out.unknown("checks", "the token may not read the checks of node " + held.node,
                "node_prefix \"\" { policy = \"read\" } shows them here");
  } else {
    out.ok("checks", "of node " + held.node + ": " + seen);
  }
}

}  // namespace

std::optional<session_facts> read_session(asker& ask, const std::string& id) {
  const reply answer =
      ask.get("/v1/session/info/" + text::percent_encode(id) + "?consistent");
  dom::parser parser;
  dom::array list;
  if (!answer.has(200) || parser.parse(answer.response.body).get(list) != simdjson::SUCCESS ||
      list.size() == 0)
    return std::nullopt;
  const dom::element one = list.at(0);
  session_facts found;
  found.id = id;
  found.name = text_of(one, "Name");
  found.node = text_of(one, "Node");
  found.ttl = text_of(one, "TTL");
  found.removes = text_of(one, "Behavior") == "delete";
  std::int64_t delay = 0;
  if (one["LockDelay"].get(delay) == simdjson::SUCCESS)
    found.lock_delay = std::chrono::nanoseconds(delay);
  add_names(one, "NodeChecks", found.checks);
  add_names(one, "ServiceChecks", found.checks);
  if (found.checks.empty()) add_names(one, "Checks", found.checks);  // of Consul before 1.7
  found.span = span_in(found.name);
  return found;
}

void check_session(report& out, asker& ask, const session_facts& held) {
  std::string text = "session " + held.id + ", \"" + held.name + "\", of node " + held.node;
  text += held.ttl.empty() ? ", without a TTL" : ", TTL " + held.ttl;
  text += ", lock-delay " + apps::to_text(held.lock_delay);
  if (held.removes) text += ", deletes its keys";
  if (held.ttl.empty() && held.checks.empty()) {
    out.warning("session", text, "neither a TTL nor a check ends it: if its program is gone, "
                                 "destroy it: PUT /v1/session/destroy/" + held.id);
  } else {
    out.ok("session", text);
  }
  check_health(out, ask, held);
}

}  // namespace tenure::doctor
