// The environment of the processes of a run.
#pragma once

#include <string>
#include <vector>

#include "tenure-cron/running/env_file.hpp"
#include "tenure-cron/running/run_request.hpp"

namespace tenure::cron {

/// The variables of a job's `env_file`, of all files in their order. Throws bad_env_file.
variables read_env_files(const job& what);

/// All variables of a run, as NAME=value. Later ones win: `inherited` (NAME=value as well), without
/// the secrets that `pass_env` does not name, `from_files`, the job's `env`, and TENURE_JOB,
/// TENURE_TICK, TENURE_KEY, TENURE_FENCE, TENURE_RUN, TENURE_TRIGGER and TENURE_ATTEMPT.
std::vector<std::string> environment_of(const run_request& run, unsigned attempt,
                                        const std::vector<std::string>& inherited,
                                        const variables& from_files);

}  // namespace tenure::cron
