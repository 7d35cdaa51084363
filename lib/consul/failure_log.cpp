#include "consul/failure_log.hpp"

#include <tenure/outage_log.hpp>
#include <vector>

namespace tenure::consul {

void log_failure(const runtime::environment& env, std::string_view event, const error_code& error,
                 std::string_view detail, std::initializer_list<log_field> fields) {
  if (error != consul_errc::forbidden) {
    env.outages->failed(event, error, detail, fields, env.timers->now());
    return;
  }
  if (!env.log->enabled(log_level::debug)) return;
  std::vector<log_field> all(fields);
  all.emplace_back("why", detail);
  env.log->log(log_level::debug, event, all);
}

}  // namespace tenure::consul
