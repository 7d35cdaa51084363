// The statuses of all elections of a sidecar.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sidecar/http/election_status.hpp"

namespace tenure::sidecar {

class status_registry {
 public:
  election_status& add(entered_election& e, const election_options& options);
  /// Its streams send a last state without a leader, and end. Null for an unknown name.
  election_status* remove(const std::string& name);
  /// Takes over the election's present state. Whether its json() has changed.
  bool update(election_status& e);

  /// Null for an unknown name.
  election_status* find(std::string_view name);
  /// In the order of add(); an index is the place in it. The addresses do not change.
  const std::vector<std::unique_ptr<election_status>>& all() const noexcept { return all_; }
  /// Whether the key of every election has been read once.
  bool all_known() const noexcept { return known_ == all_.size(); }

 private:
  std::vector<std::unique_ptr<election_status>> all_;
  std::vector<std::unique_ptr<election_status>> removed_;  // that had subscribers
  std::unordered_map<std::string, election_status*> by_name_;
  std::size_t known_ = 0;
};

}  // namespace tenure::sidecar
