// What the subcommands that only ask Consul have in common.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <string>
#include <tenure/elections.hpp>

#include "common/options.hpp"

namespace tenure::apps {

/// Runs `question` on an io_context of its own, then shuts the elections down. Returns what it
/// returned; 69, with one line, where Consul cannot be asked. SIGINT and SIGTERM end it with 0
/// where `until_interrupted`, else as they would have.
int ask_consul(const common_options& common, bool until_interrupted,
               std::function<boost::asio::awaitable<int>(elections&)> question);

/// Where a key can be reached with patience: pings until Consul answers. Throws the last error
/// after ten seconds, and at once what will not go away.
boost::asio::awaitable<void> reach_consul(elections& all);

/// {"key": ..., "value": ..., "session": ..., "fence": ...}; null and 0 where nobody leads.
std::string to_json(const leader& who);

/// One line about a request that failed, with the address and, where there is one, the remedy.
std::string consul_problem(const consul_config& config, const error_code& error);

/// Prints one line at once; ends the process where nobody reads it any more.
void print_line(const std::string& text);

}  // namespace tenure::apps
