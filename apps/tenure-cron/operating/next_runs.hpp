// When a job runs next, and times as people read them.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tenure-cron/jobs_file/job.hpp"

namespace tenure::cron {

/// The next `count` ticks after `now`; fewer if it has no more. The splay is not in them.
std::vector<sys_seconds> next_runs(const job& j, sys_seconds now, std::size_t count);

/// 2026-12-01T03:00:00+01:00, as the clock of the zone shows it.
std::string local_text(sys_seconds t, const zone& where);

/// The same for people: "Tue 2026-12-01 03:00:00 +01:00".
std::string readable_local_text(sys_seconds t, const zone& where);

}  // namespace tenure::cron
