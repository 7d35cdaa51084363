#include "tenure-cron/http/metrics.hpp"

#include "common/exposition.hpp"
#include "common/process_metrics.hpp"

namespace tenure::cron {
namespace {

constexpr std::size_t most_jobs_with_metrics = 200;  // so that the number of labels stays bounded

}  // namespace

std::string metrics_text(const replica_view& view, const run_metrics& runs,
                         const wire::http_server& server, const std::string& library) {
  std::uint64_t jobs = 0, lanes = 0, led = 0, running = 0, differing = 0;
  const std::vector<tenant_view> tenants = view.tenants();
  for (const tenant_view& t : tenants) {
    jobs += t.file.jobs.size();
    lanes += t.lanes;
    led += t.led;
    running += t.running;
    differing += t.differing.size();
  }
  apps::exposition out;
  out.single("tenure_cron_tenants", "gauge", "Jobs files of this replica.",
             std::uint64_t{tenants.size()});
  out.single("tenure_cron_jobs", "gauge", "Jobs in those files.", jobs);
  out.single("tenure_cron_lanes", "gauge", "Elections in which this replica takes part.", lanes);
  out.single("tenure_cron_lanes_led", "gauge", "Elections that this replica leads.", led);
  out.single("tenure_cron_running", "gauge", "Runs that go on here.", running);
  out.single("tenure_cron_differing_replicas", "gauge",
             "Replicas that have another jobs file under the same election.", differing);
  runs.append_to(out, tenants.size() == 1 && jobs <= most_jobs_with_metrics);
  out.single("tenure_cron_http_connections", "gauge", "Open connections.",
             std::uint64_t{server.connections()});
  out.single("tenure_cron_http_refused_total", "counter",
             "Connections and requests refused: too many, not allowed, or not readable.",
             server.refused());
  apps::append_build_info(out);
  apps::append_process_metrics(out);
  return out.take() + library;
}

}  // namespace tenure::cron
