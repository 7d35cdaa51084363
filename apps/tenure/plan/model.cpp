#include "tenure/plan/model.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <tenure/candidacy.hpp>
#include <vector>

#include "tenure/plan/constants.hpp"

namespace tenure::plan {
namespace {

// lib/core/watching/range_plan.hpp: plan_limits, and what a cut may cost.
constexpr std::uint64_t singles = 8;
constexpr std::uint64_t keys_of_a_prefix = 128;
constexpr std::uint64_t broadest = 4;
// tenure/sharded_key.hpp: a digit, a quarter of one, then the name.
constexpr std::array<std::uint64_t, 2> ways = {16, 4};
// What a group adds (docs/watching.md): the query of its members and that of the notices.
constexpr std::uint64_t group_queries = 2;

// Bytes of JSON, beside keys and values: an operation of a proof (consul/format.cpp), and a key in
// an answer to proofs, which Consul returns without its value, and to queries.
constexpr double proof_operation_bytes = 52;
constexpr double proved_key_bytes = 152;
constexpr double proved_key_bytes_since_1_14 = 193;  // has more fields
constexpr double listed_key_bytes = 157;
constexpr double session_bytes = 260;

double seconds(duration d) { return std::chrono::duration<double>(d).count(); }

std::uint64_t ceil_div(std::uint64_t a, std::uint64_t b) { return (a + b - 1) / b; }

// lane_limits::divide() in lib/wire/http_client.cpp.
struct lanes {
  explicit lanes(std::uint64_t budget)
      : renewals(std::clamp<std::uint64_t>(budget / 10, 1, 4)),
        requests(std::clamp<std::uint64_t>(budget / 5, 1, 10)),
        polls(budget > renewals + requests ? budget - renewals - requests : 1) {}
  std::uint64_t renewals;
  std::uint64_t requests;
  std::uint64_t polls;
};

candidacy candidacy_of(const workload& work) {
  candidacy how("value");
  how.span(work.span).ttl(work.ttl);
  if (work.stop_budget) how.stop_budget(*work.stop_budget);
  return how;
}

// The keys of two sessions are never in one transaction. They are proved every proof interval: see
// lease_rules::proof_interval() and sessions/proof_batcher.cpp.
double proofs_of(const workload& work, double leads) {
  const double share = leads / static_cast<double>(work.sessions);
  const double batches = std::ceil(share / static_cast<double>(work.operations)) *
                         static_cast<double>(work.sessions);
  return batches / seconds(candidacy_of(work).proof_interval());
}

double listed_bytes(const workload& work) {
  const auto base64 = static_cast<double>(ceil_div(work.value_bytes, 3) * 4);
  return listed_key_bytes + static_cast<double>(work.key_bytes) + base64;
}

// A process that leads `leads` elections and has entered `enters`.
traffic traffic_of(const workload& work, double leads, double enters, std::uint64_t queries) {
  traffic made;
  const auto sessions = static_cast<double>(work.sessions);
  made.proofs = leads > 0 ? proofs_of(work, leads) : 0;
  made.renewals = 3 * sessions / seconds(work.ttl);  // consul_session::renew_until_lost()
  if (work.liveness > duration{0})
    made.heartbeats = 3 * sessions / seconds(work.liveness);  // liveness_check::run()
  const double idle = poll_seconds(work.wait);
  made.polls = static_cast<double>(queries) / idle;
  if (work.group) {
    const duration notices = std::max<duration>(work.span / 5, std::chrono::seconds(1));
    made.polls += 1 / idle + 1 / poll_seconds(notices);  // group_watch, hand_over_notices
  }
  // An answer that shows no change has all keys of its query, too.
  const auto key = static_cast<double>(work.key_bytes);
  const double proved = leads / seconds(candidacy_of(work).proof_interval());
  made.bytes_sent = proved * (proof_operation_bytes + key);
  const double answered = work.operations > 64 ? proved_key_bytes_since_1_14 : proved_key_bytes;
  made.bytes_read = enters * listed_bytes(work) / idle + proved * (answered + key) +
                    made.renewals * session_bytes;
  // A change wakes one query of each process that has entered the election.
  const double woken = work.changes * static_cast<double>(work.contenders) /
                       static_cast<double>(work.processes);
  made.polls += woken;
  made.bytes_read += woken * enters / static_cast<double>(std::max<std::uint64_t>(queries, 1)) *
                     listed_bytes(work);
  return made;
}

void add(traffic& to, const traffic& one, double times) {
  to.proofs += one.proofs * times;
  to.polls += one.polls * times;
  to.renewals += one.renewals * times;
  to.heartbeats += one.heartbeats * times;
  to.bytes_sent += one.bytes_sent * times;
  to.bytes_read += one.bytes_read * times;
}

}  // namespace

// A wait lasts up to a sixteenth longer.
double poll_seconds(duration wait) noexcept { return seconds(wait) * (1 + 1.0 / 32); }

// poll_slots::fair_share(): two connections stay free for the polls of new prefixes.
std::uint64_t most_queries(const workload& work) noexcept {
  const std::uint64_t polls = lanes(work.connections).polls;
  const std::uint64_t taken = (polls >= 16 ? 2 : 0) + (work.group ? group_queries : 0);
  return polls > taken ? polls - taken : 1;
}

// As range_plan.cpp cuts the trie of the keys: the part with the most keys first.
std::uint64_t queries_for(std::uint64_t keys, std::uint64_t most) {
  if (keys <= std::min(singles, most)) return keys;
  const std::uint64_t limit =
      std::min(most, ceil_div(keys, keys_of_a_prefix) * broadest);
  std::array<std::uint64_t, ways.size() + 1> parts = {1};  // prefixes of each depth
  std::uint64_t count = 1;
  std::uint64_t below = keys;
  for (std::size_t depth = 0; depth < ways.size() && below > keys_of_a_prefix; ++depth) {
    // All parts of one depth have the same number of keys.
    while (parts[depth] > 0 && count - 1 + ways[depth] <= limit) {
      --parts[depth];
      parts[depth + 1] += ways[depth];
      count += ways[depth] - 1;
    }
    if (parts[depth] > 0) break;
    below /= ways[depth];
  }
  return count;
}

demand plan(const workload& work) {
  if (work.elections == 0 || work.processes == 0 || work.contenders == 0 || work.sessions == 0)
    throw std::invalid_argument("nothing to plan");
  demand all;
  process_demand& one = all.process;
  const auto processes = static_cast<double>(work.processes);
  const auto elections = static_cast<double>(work.elections);
  one.enters = elections * static_cast<double>(std::min(work.contenders, work.processes)) /
               processes;
  // With more processes than elections some lead one, and the others none.
  const double leading = std::min(processes, elections);
  one.leads = elections / leading;
  const auto entered = static_cast<std::uint64_t>(std::ceil(one.enters));
  const std::uint64_t cuts = work.queries.value_or(queries_for(entered, most_queries(work)));
  one.queries = cuts + (work.group ? group_queries : 0);
  one.a_second = traffic_of(work, one.leads, one.enters, cuts);
  add(all.a_second, one.a_second, leading);
  add(all.a_second, traffic_of(work, 0, one.enters, cuts), processes - leading);

  const lanes lane(work.connections);
  const auto batches = static_cast<std::uint64_t>(
      std::ceil(one.leads / static_cast<double>(work.operations)));
  // Kept connections stay open: as many as a cold start used at once.
  one.connections = std::min(lane.polls, one.queries) + std::min(lane.renewals, batches + 1) +
                    std::min(lane.requests, 2 * batches + 1);
  one.cores = one.a_second.requests() * client_proof_us / 1e6;
  const auto stored = static_cast<double>(work.key_bytes + work.value_bytes);
  one.memory = one.enters * (client_bytes + stored);

  all.queries = one.queries * work.processes;
  all.connections = one.connections * work.processes;
  all.sessions = work.sessions * work.processes;
  // A member has its own key, and the one that its notices begin with.
  all.keys = work.elections + (work.group ? 2 * work.processes : 0);
  const double woken = work.changes * static_cast<double>(work.contenders) * one.enters /
                       static_cast<double>(std::max<std::uint64_t>(cuts, 1));
  const double listed = one.enters * processes / poll_seconds(work.wait) + woken;
  all.server_cores = server_idle_cores + all.a_second.requests() * server_proof_us / 1e6 +
                     listed * server_list_us / 1e6 + work.changes * server_change_us / 1e6;
  all.server_memory = elections * server_bytes;
  // A claim is two operations: the check of the key, and the lock.
  const auto claims = static_cast<double>(work.operations) / 2;
  all.start_transactions = std::ceil(one.leads / claims) * leading;
  all.failover_transactions = std::ceil(one.leads / claims);
  return all;
}

}  // namespace tenure::plan
