// Whether the token has the rights that a candidate needs. Asks, and tries nothing.
#pragma once

#include <tenure/acl_policy.hpp>
#include <string>
#include <vector>

#include "tenure/doctor/asker.hpp"
#include "tenure/doctor/report.hpp"
#include "tenure/doctor/server.hpp"

namespace tenure::doctor {

/// What a use of a key needs.
struct needed_rights {
  acl_policy rules;
  std::string words;  ///< after `tenure policy`, which print them
};

/// `wanted`: one of them is enough; what is missing of the first is reported.
void check_rights(report& out, asker& ask, const server_facts& server,
                  const std::vector<needed_rights>& wanted);

}  // namespace tenure::doctor
