// Limits how often each client address may do something: a token bucket an address.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <tenure/time.hpp>

namespace tenure::wire {

class rate_limit {
 public:
  /// A bucket holds up to `per_second` tokens and gains as many a second; 0: no limit.
  explicit rate_limit(std::size_t per_second) : per_second_(per_second) {}

  /// Takes a token of this address; false if it has none.
  bool take(const std::string& address, time_point now);
  std::size_t addresses() const noexcept { return buckets_.size(); }

 private:
  /// Further addresses share one bucket.
  static constexpr std::size_t most_addresses = 10'000;

  class bucket {
   public:
    double tokens = 0;
    time_point at{};
  };
  void drop_full(time_point now);
  void fill(bucket& b, time_point now) const;

  std::size_t per_second_;
  std::map<std::string, bucket> buckets_;
  time_point dropped_at_ = time_point::min();
};

}  // namespace tenure::wire
