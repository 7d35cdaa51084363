// What elections ask of Consul while nothing changes: counts that follow from how the library
// works, and costs that the benchmarks measure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <tenure/time.hpp>

namespace tenure::plan {

/// One cluster's elections. Every process has the same share of them.
struct workload {
  std::uint64_t elections = 1;
  std::uint64_t processes = 1;
  std::uint64_t contenders = 1;  ///< processes that enter an election
  duration span = std::chrono::seconds(15);
  duration ttl = std::chrono::seconds(15);
  std::optional<duration> stop_budget;  ///< nothing: the default of the span
  duration liveness{0};                 ///< zero: none
  duration wait = std::chrono::seconds(30);  ///< of a blocking query
  std::uint64_t sessions = 1;                ///< of a process
  std::uint64_t connections = 40;            ///< of a process, at most
  std::uint64_t operations = 64;             ///< of a transaction: 128 since Consul 1.14
  std::optional<std::uint64_t> queries;      ///< of a process; nothing: for sharded keys
  bool group = false;                        ///< all processes are members of one group
  double changes = 0;                        ///< of leaders or values, a second
  std::uint64_t key_bytes = 24;
  std::uint64_t value_bytes = 24;
};

/// What a process does, or all of them do, in a second.
struct traffic {
  double proofs = 0;      ///< transactions that prove leases
  double polls = 0;       ///< blocking queries that end and begin again
  double renewals = 0;    ///< of sessions
  double heartbeats = 0;  ///< of liveness
  double bytes_sent = 0;  ///< to Consul, without headers
  double bytes_read = 0;
  double requests() const noexcept { return proofs + polls + renewals + heartbeats; }
};

struct process_demand {
  double leads = 0;    ///< elections
  double enters = 0;
  std::uint64_t queries = 0;      ///< blocking queries at a time
  std::uint64_t connections = 0;  ///< at most
  traffic a_second;
  double cores = 0;
  double memory = 0;  ///< bytes, of tenure's part
};

struct demand {
  process_demand process;  ///< of one process
  traffic a_second;        ///< of all processes
  std::uint64_t queries = 0;
  std::uint64_t connections = 0;
  std::uint64_t sessions = 0;
  std::uint64_t keys = 0;
  double server_cores = 0;   ///< of the leader of the servers
  double server_memory = 0;  ///< bytes, of each server
  double start_transactions = 0;     ///< that claim all elections
  double failover_transactions = 0;  ///< that claim what one process led
};

/// Throws std::invalid_argument for a workload without elections, processes or contenders.
demand plan(const workload& work);

/// How many blocking queries for its elections a process has connections for.
std::uint64_t most_queries(const workload& work) noexcept;

/// How many queries watch that number of sharded keys, with up to `most` queries.
std::uint64_t queries_for(std::uint64_t keys, std::uint64_t most);

/// How long Consul lets a blocking query of that wait last in the mean.
double poll_seconds(duration wait) noexcept;

}  // namespace tenure::plan
