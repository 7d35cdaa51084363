// What the commands say of a job that the ledger of the leaders does not have.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>

#include "tenure-cron/commands/ledger_options.hpp"

namespace tenure::cron {

/// Prints one line on standard error: the job has `run_on: all` and a ledger on each host, or the
/// jobs file has it and no replica has led it yet, or neither has it. `of_hosts`: what to do about
/// a job with `run_on: all`. `ledger` must outlive it.
boost::asio::awaitable<void> print_unknown_job(kv store, const ledger_options& ledger,
                                               std::string command, std::string job,
                                               std::string of_hosts);

/// Whether a jobs file is named that does not have the job: then no replica will run it. Prints one
/// line on standard error.
bool is_removed_job(const ledger_options& ledger, const char* command, const std::string& job);

}  // namespace tenure::cron
