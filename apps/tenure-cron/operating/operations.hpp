// What an operator reads and does through Consul, from any machine: the commands and the status
// page call these. All of them throw system_error as tenure::kv does.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <tenure/kv.hpp>
#include <vector>

#include "tenure-cron/ledger/ledger_keys.hpp"
#include "tenure-cron/operating/job_status.hpp"

namespace tenure::cron {

/// The jobs of a ledger, in the order of their names; then those with run_on: all, host by host.
boost::asio::awaitable<std::vector<job_status>> read_jobs(kv store, std::string root);

/// Reads the leader of each job. The jobs share the key `election`, or the key of each lies below
/// it, as in a group that spreads. Jobs with run_on: all have no leader.
boost::asio::awaitable<void> add_leaders(kv store, std::string election,
                                         std::vector<job_status>& all);

/// One job; nothing if the ledger does not have it.
boost::asio::awaitable<std::optional<job_status>> read_job(kv store, ledger_keys keys,
                                                           std::string job);

/// The hosts that have run a job with run_on: all.
boost::asio::awaitable<std::vector<std::string>> members_with(kv store, std::string root,
                                                              std::string job);

/// The newest records of a job, the newest first.
boost::asio::awaitable<std::vector<run_record>> read_history(kv store, ledger_keys keys,
                                                             std::string job, std::size_t limit);

/// Asks the leader of the job for a run. Returns the id of the run.
boost::asio::awaitable<std::string> order_run(kv store, ledger_keys keys, std::string job,
                                              std::string by);

/// Whether the order is still there: no leader has taken it yet.
boost::asio::awaitable<bool> is_ordered(kv store, ledger_keys keys, std::string run_id);

/// False: it was paused before.
boost::asio::awaitable<bool> pause_job(kv store, ledger_keys keys, std::string job,
                                       std::string by);

/// False: it was not paused.
boost::asio::awaitable<bool> resume_job(kv store, ledger_keys keys, std::string job);

}  // namespace tenure::cron
