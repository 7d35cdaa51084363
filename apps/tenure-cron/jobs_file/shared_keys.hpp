// Whether the jobs files of two tenants keep apart in Consul.
#pragma once

#include <string>

#include "tenure-cron/jobs_file/jobs_file.hpp"

namespace tenure::cron {

/// Why two files cannot run side by side, in one line. Below its election and its ledger a file has
/// the keys of its jobs, its hosts and its records: those of another file must neither equal them
/// nor lie there. Empty: they are apart. `name`: what the line calls `other`.
std::string shared_keys(const jobs_file& one, const jobs_file& other, const std::string& name);

}  // namespace tenure::cron
