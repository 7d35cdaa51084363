// The options of one election, without those of its outputs.
#pragma once

#include <optional>
#include <string>
#include <tenure/candidacy.hpp>
#include <utility>

#include "common/group_options.hpp"

namespace tenure::sidecar {

class election_options {
 public:
  election_options(std::string name, std::string key, tenure::candidacy candidacy)
      : name(std::move(name)), key(std::move(key)), candidacy(std::move(candidacy)) {}

  std::string name;
  std::string key;
  tenure::candidacy candidacy;
  /// For how long a true answer of is-leader holds; nothing: the default.
  std::optional<duration> guarantee;
  int guarantee_line = 0;  ///< of the file: where the guarantee is, or else the election
  std::optional<apps::group_membership> group;  ///< that it belongs to
};

inline constexpr std::size_t max_name_length = 100;

/// Names are parts of addresses: letters, digits, '-', '_' and '.', at most max_name_length.
bool is_election_name(const std::string& name);

}  // namespace tenure::sidecar
