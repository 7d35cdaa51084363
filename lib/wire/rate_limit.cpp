#include "wire/rate_limit.hpp"

#include <algorithm>

namespace tenure::wire {

using namespace std::chrono_literals;

void rate_limit::fill(bucket& b, time_point now) const {
  const auto most = static_cast<double>(per_second_);
  const double seconds = std::chrono::duration<double>(std::max<duration>(now - b.at, 0s)).count();
  b.permits = std::min(most, b.permits + seconds * most);
  b.at = now;
}

bool rate_limit::take(const std::string& address, time_point now) {
  if (per_second_ == 0) return true;
  auto found = buckets_.find(address);
  if (found == buckets_.end()) {
    if (buckets_.size() >= most_addresses) forget_quiet(now);
    found = buckets_.try_emplace(buckets_.size() < most_addresses ? address : "").first;
    if (found->second.at == time_point()) {
      found->second.permits = static_cast<double>(per_second_);
      found->second.at = now;
    }
  }
  bucket& b = found->second;
  fill(b, now);
  if (b.permits < 1) return false;
  b.permits -= 1;
  return true;
}

/// A bucket that is full is as good as none. Once a second at most: it is a walk over all.
void rate_limit::forget_quiet(time_point now) {
  if (forgotten_at_ != time_point::min() && now - forgotten_at_ < 1s) return;
  forgotten_at_ = now;
  std::erase_if(buckets_, [&](auto& entry) { return now - entry.second.at >= 1s; });
}

}  // namespace tenure::wire
