#include "wire/rate_limit.hpp"

#include <algorithm>

namespace tenure::wire {

using namespace std::chrono_literals;

void rate_limit::fill(bucket& b, time_point now) const {
  const auto most = static_cast<double>(per_second_);
  const double seconds = std::chrono::duration<double>(std::max<duration>(now - b.at, 0s)).count();
  b.tokens = std::min(most, b.tokens + seconds * most);
  b.at = now;
}

bool rate_limit::take(const std::string& address, time_point now) {
  if (per_second_ == 0) return true;
  auto found = buckets_.find(address);
  if (found == buckets_.end()) {
    if (buckets_.size() >= most_addresses) drop_full(now);
    found = buckets_.try_emplace(buckets_.size() < most_addresses ? address : "").first;
    if (found->second.at == time_point()) {
      found->second.tokens = static_cast<double>(per_second_);
      found->second.at = now;
    }
  }
  bucket& b = found->second;
  fill(b, now);
  if (b.tokens < 1) return false;
  b.tokens -= 1;
  return true;
}

/// Drops the buckets that are full again: they limit nothing. Works at most once a second, since it
/// visits all of them.
void rate_limit::drop_full(time_point now) {
  if (dropped_at_ != time_point::min() && now - dropped_at_ < 1s) return;
  dropped_at_ = now;
  std::erase_if(buckets_, [&](auto& entry) { return now - entry.second.at >= 1s; });
}

}  // namespace tenure::wire
