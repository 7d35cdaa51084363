// The statuses of all elections of a sidecar, and counters over them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sidecar/http/election_status.hpp"

namespace tenure::sidecar {

/// Counts since the start, over all elections.
struct election_counters {
  static constexpr std::size_t reasons = static_cast<std::size_t>(end_reason::shut_down) + 1;

  std::uint64_t won = 0;
  std::uint64_t lost = 0;
  std::uint64_t leader_changes = 0;
  std::uint64_t ended[reasons] = {};  ///< our own terms, by end_reason
};

class status_registry {
 public:
  election_status& add(entered_election& e, const election_options& options);
  /// Takes over the election's present state. Whether its json() has changed.
  bool update(election_status& e);

  /// Null for an unknown name.
  election_status* find(std::string_view name);
  /// In the order of add(). The addresses of the statuses do not change.
  const std::vector<std::unique_ptr<election_status>>& all() const noexcept { return all_; }
  const election_counters& counters() const noexcept { return counters_; }
  /// Whether the key of every election has been read once.
  bool all_known() const noexcept { return known_ == all_.size(); }

 private:
  void count_terms(const election_status& e);

  std::vector<std::unique_ptr<election_status>> all_;
  std::unordered_map<std::string, election_status*> by_name_;
  election_counters counters_;
  std::size_t known_ = 0;
  std::unordered_map<const election_status*, term> our_terms_;  ///< that are counted as won
};

}  // namespace tenure::sidecar
