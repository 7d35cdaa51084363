#include "tenure/doctor/server.hpp"

#include <simdjson.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string_view>
#include <tenure/toolkit/ascii.hpp>

#include "common/duration.hpp"

namespace tenure::doctor {
namespace {

using namespace std::chrono_literals;
namespace dom = simdjson::dom;

std::string text_in(dom::element all, const char* pointer) {
  std::string_view text;
  return all.at_pointer(pointer).get(text) == simdjson::SUCCESS ? std::string(text) : "";
}

std::string no_answer_remedy(const reply& answer, const consul_config& config) {
  if (answer.error == consul_errc::tls_failed)
    return "with verify_incoming the server demands CONSUL_CLIENT_CERT and CONSUL_CLIENT_KEY";
  if (answer.error == consul_errc::timed_out)
    return "the agent is stuck, overloaded, or cut off from its servers: look at its log and load";
  if (answer.error == consul_errc::throttled)
    return "this host has as many connections to Consul as the agent allows (check limits)";
  if (config.tls())
    return "the server closed the connection: it may demand CONSUL_CLIENT_CERT, or this host has "
           "more connections than http_max_conns_per_client";
  return "is it Consul's HTTP port (8500)? Has this host more connections than "
         "http_max_conns_per_client?";
}

// Whether an agent answers at that address.
bool check_answer(report& out, asker& ask, const reply& leader) {
  if (!leader.answered()) {
    out.problem("http", "no answer to GET /v1/status/leader: " + leader.text(),
                no_answer_remedy(leader, ask.config()));
    return false;
  }
  const std::string& body = leader.response.body;
  const unsigned status = leader.response.status;
  if (status == 400 && body.find("HTTPS") != body.npos) {
    out.problem("http", "this port speaks TLS", "write https:// in the address");
    return false;
  }
  if (status == 429) {
    out.problem("http", "the agent refuses requests: " + leader.text(),
                "raise limits.http_max_conns_per_client or limits.request_limits of the agent");
    return false;
  }
  const bool looks = (status == 200 && body.starts_with('"')) || status == 403 || status >= 500;
  if (looks) return true;
  out.problem("http", "this does not answer as Consul does: " + leader.text(),
              "the address is that of another program, or of a proxy that needs CONSUL_HTTP_AUTH");
  return false;
}

bool check_leader(report& out, asker& ask, const reply& leader) {
  constexpr const char* quorum = "without a majority of the servers no key can be claimed and no "
                                 "lease proved: start them, see consul operator raft list-peers";
  if (!leader.has(200)) {
    const char* remedy = quorum;
    if (leader.has(403)) {
      remedy = "the agent, or a proxy, asks for its token: give it by CONSUL_HTTP_TOKEN or "
               "--token-file";
    } else if (leader.response.body.find("No path to datacenter") != std::string::npos) {
      remedy = "name a datacenter that the agent knows (consul catalog datacenters), or leave "
               "--datacenter out";
    } else if (leader.response.status < 500) {
      remedy = "look at the agent's log";
    }
    out.problem("leader", "the agent does not name the leader of the servers: " + leader.text(),
                remedy);
    return false;
  }
  std::string name = leader.response.body;
  std::erase_if(name, [](char c) { return c == '"' || c == '\n' || c == '\r'; });
  if (name.empty()) {
    out.problem("leader", "the Consul servers have no raft leader", quorum);
    return false;
  }
  const reply peers = ask.get("/v1/status/peers");
  dom::parser parser;
  dom::array list;
  if (!peers.has(200) || parser.parse(peers.response.body).get(list) != simdjson::SUCCESS) {
    out.ok("leader", name + " leads the servers");
    return true;
  }
  const std::size_t count = list.size();
  const std::string text = name + " leads " + std::to_string(count) +
                           (count == 1 ? " server" : " servers");
  if (count == 2) {
    out.warning("leader", text + ": the loss of either stops all elections",
                "run three or five servers");
  } else {
    out.ok("leader", text + (count == 1 ? ": its loss stops all elections" : ""));
  }
  return true;
}

void check_version(report& out, const std::string& version) {
  int major = 0;
  int minor = 0;
  const bool looks = version.size() <= 40 && std::ranges::all_of(version, [](char c) {
    return text::is_letter_or_digit(c) || c == '.' || c == '-' || c == '+';
  });
  // Another text may be a secret.
  if (!looks || std::sscanf(version.c_str(), "%d.%d", &major, &minor) != 2) {
    out.unknown("version", "the agent names no version that can be read");
    return;
  }
  const bool old = major < 1 || (major == 1 && minor < 7);
  const bool untried = major == 1 && minor == 7;
  const bool newer = major > 1 || minor > 21;
  if (old) {
    out.warning("version", "Consul " + version + ": it binds no session to a check of a service",
                "upgrade to 1.8 or later, or leave --liveness out");
  } else if (untried) {
    out.warning("version", "Consul " + version + ", older than 1.8, the first one that tenure was "
                           "tested with",
                "upgrade to 1.8 or later");
  } else {
    out.ok("version", "Consul " + version +
                          (newer ? ", newer than 1.21, the last one that tenure was tested with"
                                 : ""));
  }
}

void check_self(report& out, asker& ask, server_facts& facts) {
  const reply self = ask.get("/v1/agent/self");
  dom::parser parser;
  dom::element all;
  if (self.has(403)) {
    out.unknown("version", "the token may not read the agent: " + self.text(),
                "not needed to lead; agent_prefix \"\" { policy = \"read\" } shows version and "
                "limits here");
    return;
  }
  if (!self.has(200) || parser.parse(self.response.body).get(all) != simdjson::SUCCESS) {
    out.unknown("version", "the agent does not describe itself: " + self.text());
    return;
  }
  facts.node = text_in(all, "/Config/NodeName");
  check_version(out, text_in(all, "/Config/Version"));
  bool acls = false;
  if (all.at_pointer("/DebugConfig/ACLsEnabled").get(acls) == simdjson::SUCCESS) facts.acls = acls;
  std::uint64_t most = 0;
  if (all.at_pointer("/DebugConfig/HTTPMaxConnsPerClient").get(most) == simdjson::SUCCESS)
    facts.most_connections = most;
  const std::string wanted = ask.config().access().datacenter();
  const std::string own = text_in(all, "/Config/Datacenter");
  if (!wanted.empty() && wanted != own) {
    out.warning("datacenter", "the requests go through the agent's datacenter, " + own + ", to " +
                                  wanted,
                "leases then depend on the link between the two: use an agent in " + wanted);
  }
}

const char* consistency_remedy(const reply& read) {
  const auto says = [&read](const char* words) {
    return read.response.body.find(words) != std::string::npos;
  };
  if (read.has(429)) {
    return "the agent or its servers limit requests (limits.request_limits): leases cannot be "
           "proved; raise the limits";
  }
  if (read.has(400) && (says("Enterprise") || says("amespace") || says("artition"))) {
    return "leave --namespace and --partition out, and unset CONSUL_NAMESPACE and "
           "CONSUL_PARTITION: only Consul Enterprise has them";
  }
  if (read.has(400)) return "the agent does not take the request: look at the settings here";
  return "the leader of the servers does not confirm that it leads: leases cannot be proved; look "
         "at the servers' logs and their network";
}

// The answer of any server says how long it has not heard from the leader.
void check_staleness(report& out, asker& ask) {
  // Needs no right, and every answer is small.
  const std::string session = "/v1/session/info/00000000-0000-0000-0000-000000000000";
  const reply stale = ask.get(session + "?stale");
  if (!stale.answered()) return;
  const std::string age(stale.response.header("X-Consul-LastContact"));
  const long long ms = std::strtoll(age.c_str(), nullptr, 10);
  if (ms > 5000) {
    out.warning("consistency",
                "the server that answers has not heard from the leader for " +
                    std::to_string(ms / 1000) + " s",
                "it is cut off or overloaded: --stale shows old leaders, and claims may be late");
  }
  const reply read = ask.get(session + "?consistent");
  if (read.has(403)) {
    out.unknown("consistency", "the token may not make a consistent read: " + read.text(),
                "the check of rights says more");
  } else if (!read.has(200)) {
    const char* const what = read.answered() ? "a consistent read failed: "
                                             : "no answer to a consistent read: ";
    out.problem("consistency", what + read.text(), consistency_remedy(read));
  } else if (read.took > 1s) {
    out.warning("consistency", "a consistent read took " + in_milliseconds(read.took),
                "leases are proved by such reads: with a short span terms end; look at the load "
                "of the servers and their disks");
  } else {
    out.ok("consistency", "a consistent read took " + in_milliseconds(read.took));
  }
}

void check_clock(report& out, const reply& answer) {
  const std::string date(answer.response.header("Date"));
  std::tm parts = {};
  if (::strptime(date.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts) == nullptr) return;
  const auto theirs = std::chrono::system_clock::from_time_t(::timegm(&parts));
  // The agent wrote it at some time between the request and the answer.
  const long long most = (answer.at - theirs) / 1s;
  const long long least = (answer.at - answer.took - theirs) / 1s;
  const long long ahead = least > 0 ? least : std::min(most, 0LL);
  constexpr long long tolerated = 2;  // the header has whole seconds
  if (ahead >= -tolerated && ahead <= tolerated) {
    out.ok("clock", "this host and the agent agree on the time");
    return;
  }
  out.warning("clock",
              "this host's clock is " + apps::to_text(std::chrono::seconds(std::llabs(ahead))) +
                  (ahead > 0 ? " ahead of" : " behind") + " the agent's",
              "run NTP on both. It matters for the schedules of tenure-cron, the times in logs and "
              "certificates; leases do not use that clock");
}

}  // namespace

server_facts check_server(report& out, asker& ask) {
  server_facts facts;
  const reply leader = ask.get("/v1/status/leader");
  facts.answers = check_answer(out, ask, leader);
  if (!facts.answers) return facts;
  check_self(out, ask, facts);
  facts.has_leader = check_leader(out, ask, leader);
  if (facts.has_leader) check_staleness(out, ask);
  check_clock(out, leader);
  return facts;
}

void check_limits(report& out, const server_facts& server, const network_facts& network,
                  const consul_config& config) {
  rlimit files = {};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
    const auto now = static_cast<unsigned long long>(files.rlim_cur);
    constexpr const char* remedy = "ulimit -n 1024, or LimitNOFILE= of the unit";
    constexpr unsigned long long of_one_command = 21;  // tenure run with fewer ends with 71
    // One for each connection, and what a program needs beside them.
    const unsigned long long least = config.connections() + 64;
    if (now < of_one_command) {
      out.problem("files", "a process may open " + std::to_string(now) +
                               " files: too few to run a command",
                  remedy);
    } else if (files.rlim_cur != RLIM_INFINITY && now < least) {
      out.warning("files", "a process may open " + std::to_string(now) + " files, and " +
                               std::to_string(config.connections()) + " connections need more",
                  remedy);
    } else {
      out.ok("files", files.rlim_cur == RLIM_INFINITY
                          ? "no limit of open files"
                          : "a process may open " + std::to_string(now) + " files");
    }
  }
  const long open = connections_to(network.where);
  if (open < 0) return;
  const std::uint64_t most = server.most_connections.value_or(200);
  const std::string limit = server.most_connections
                                ? std::to_string(most) + " that the agent allows"
                                : std::to_string(most) + " that an agent allows by default";
  const std::string own = "this host has " + count_of(static_cast<std::size_t>(open), "connection");
  const bool too_many = static_cast<std::uint64_t>(open) * 5 > most * 4;
  if (!server.answers) {  // perhaps for that reason
    const std::string text = own + "; the agent's limit is not known (200 by default)";
    if (too_many) {
      out.unknown("connections", text,
                  "too many: raise limits.http_max_conns_per_client of the agent");
    } else {
      out.unknown("connections", text);
    }
    return;
  }
  const std::string text = own + " of the " + limit;
  const std::string remedy = "raise limits.http_max_conns_per_client of the agent (tenure agent: "
                             "--max-connections-per-client); a process of tenure uses up to " +
                             std::to_string(config.connections());
  if (most > 0 && (too_many || most < config.connections())) {
    out.warning("connections", text, remedy);
  } else {
    out.ok("connections", most == 0 ? "the agent has no limit of connections" : text);
  }
}

}  // namespace tenure::doctor
