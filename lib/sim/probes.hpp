// Named counters: the faults that were injected and the rare paths that were reached. A simulation
// that never reaches a path says nothing about it.
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
