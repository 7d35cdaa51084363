// Whether the token has the rights that a candidate needs. Asks, and tries nothing.
#pragma once

#include <tenure/acl_policy.hpp>
#include <string>

#include "tenure/doctor/asker.hpp"
#include "tenure/doctor/report.hpp"
#include "tenure/doctor/server.hpp"

namespace tenure::doctor {

/// `wanted`: the rules that a program needs; `policy`: the words after `tenure policy` that print
/// them.
void check_rights(report& out, asker& ask, const server_facts& server, const acl_policy& wanted,
                  const std::string& policy);

}  // namespace tenure::doctor
