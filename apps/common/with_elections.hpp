// Runs a coroutine that uses the library, for the subcommands that need no more than that.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <string>
#include <tenure/elections.hpp>

#include "common/options.hpp"

namespace tenure::apps {

/// The exit code after SIGINT, SIGTERM or SIGHUP: 0, or 128 + the signal as a shell reports it.
enum class on_interrupt { exit_ok, exit_with_signal };

/// Where a missing right shows: in the errors of the task, or in the log, for a task that waits for
/// changes and gets no error.
enum class missing_rights { in_errors, in_log };

/// Runs `task` to its end or until a signal, then shuts the elections down. Returns the exit code:
/// what `task` returned. Throws unavailable after a Consul error. `policy`: the words after
/// `tenure policy` that print the rules which the task needs. The log of the elections is that of
/// `common`.
int with_elections(const common_options& common, elections_options options,
                   on_interrupt after_signal, const std::string& policy,
                   std::function<boost::asio::awaitable<int>(elections&)> task,
                   missing_rights where = missing_rights::in_errors);

/// Pings until Consul answers. Throws the last error after ten seconds, and a fatal one at once.
boost::asio::awaitable<void> wait_for_consul(elections& all);

}  // namespace tenure::apps
