// What every process on Linux reports under the names that Prometheus's clients use, and which
// build it is.
#pragma once

#include "common/exposition.hpp"

namespace tenure::apps {

/// process_cpu_seconds_total, process_open_fds and the like, as of now. What the kernel does not
/// show (no /proc) is left out.
void append_process_metrics(exposition& out);

/// tenure_build_info{version, commit, compiler} 1. No commit: not built from a Git checkout.
void append_build_info(exposition& out);

}  // namespace tenure::apps
