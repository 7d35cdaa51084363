// How often one client address may do something: a bucket of permits each, which fills up again.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <tenure/time.hpp>

namespace tenure::wire {

class rate_limit {
 public:
  /// `per_second` permits a second, and as many at once after a quiet second; 0: no limit.
  explicit rate_limit(std::size_t per_second) : per_second_(per_second) {}

  /// Whether there is a permit left for this address, which is taken then.
  bool take(const std::string& address, time_point now);
  std::size_t addresses() const noexcept { return buckets_.size(); }

 private:
  /// More addresses than this are not told apart.
  static constexpr std::size_t most_addresses = 10'000;

  class bucket {
   public:
    double permits = 0;
    time_point at{};
  };
  void forget_quiet(time_point now);
  void fill(bucket& b, time_point now) const;

  std::size_t per_second_;
  std::map<std::string, bucket> buckets_;
  time_point forgotten_at_ = time_point::min();
};

}  // namespace tenure::wire
