// The failed requests of a client in the log: one line for each outage, and one for each missing
// right.
#pragma once

#include <initializer_list>
#include <string_view>
#include <tenure/error.hpp>
#include <tenure/log.hpp>

#include "runtime/environment.hpp"

namespace tenure::consul {

/// Logs that `event` failed, and why; see outage_log. A refusal is logged at level debug only,
/// because the client has named the missing right: see refusal_log.
void log_failure(const runtime::environment& env, std::string_view event, const error_code& error,
                 std::string_view detail, std::initializer_list<log_field> fields);

}  // namespace tenure::consul
