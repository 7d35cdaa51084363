// The metrics of a replica for Prometheus. docs/cron.md lists their names.
#pragma once

#include <string>
#include <tenure/toolkit/http_server.hpp>

#include "tenure-cron/http/replica_view.hpp"
#include "tenure-cron/http/run_metrics.hpp"

namespace tenure::cron {

/// In the text format 0.0.4. `library`: the metrics of the library, as text.
std::string metrics_text(const replica_view& view, const run_metrics& runs,
                         const wire::http_server& server, const std::string& library);

}  // namespace tenure::cron
