// Named counters of injected faults and of rare code paths that ran (FoundationDB's code probes). A
// simulation proves nothing about a path that it never runs.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace tenure::sim {

class probes {
 public:
  void hit(std::string_view name, std::uint64_t times = 1) {
    const auto found = counts_.find(name);
    if (found == counts_.end())
      counts_.emplace(std::string(name), times);
    else
      found->second += times;
  }
  void add(const probes& other) {
    for (const auto& [name, count] : other.counts_) hit(name, count);
  }
  const std::map<std::string, std::uint64_t, std::less<>>& counts() const noexcept {
    return counts_;
  }

 private:
  std::map<std::string, std::uint64_t, std::less<>> counts_;
};

}  // namespace tenure::sim
