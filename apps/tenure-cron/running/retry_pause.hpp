// How long a failed run waits for its next attempt.
#pragma once

#include <string>
#include <tenure/time.hpp>

#include "tenure-cron/jobs_file/job.hpp"

namespace tenure::cron {

/// The pause before the attempt after `failed` attempts: `backoff`, doubled with each failure, up
/// to `most`; and changed by up to a fifth, so that jobs that failed together do not come back
/// together. It follows from the run's id.
duration retry_pause(const retry_rule& rule, unsigned failed, const std::string& run_id);

}  // namespace tenure::cron
