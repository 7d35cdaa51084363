#include "tenure-cron/running/retry_pause.hpp"

#include <algorithm>

#include "tenure-cron/schedule/stable_hash.hpp"

namespace tenure::cron {

duration retry_pause(const retry_rule& rule, unsigned failed, const std::string& run_id) {
  duration pause = std::min(rule.backoff, rule.most);
  for (unsigned n = 1; n < failed && pause < rule.most; ++n) pause = std::min(pause * 2, rule.most);
  const std::uint64_t chosen = stable_hash(run_id + ' ' + std::to_string(failed)) % 401;
  return pause / 1000 * static_cast<std::int64_t>(800 + chosen);  // 80 % to 120 %
}

}  // namespace tenure::cron
