// The token that a command prints, such as one of Vault's.
#pragma once

#include <memory>
#include <string>
#include <tenure/token_source.hpp>

#include "runtime/clock.hpp"

namespace tenure::consul {

/// As token_from_command(), with another clock.
std::shared_ptr<token_source> follow_token_command(std::string command, duration interval,
                                                   std::shared_ptr<log_sink> log,
                                                   std::shared_ptr<const runtime::clock> clock);

}  // namespace tenure::consul
