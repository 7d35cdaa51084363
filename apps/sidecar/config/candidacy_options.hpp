// The keys of a candidacy in the file, in an election or in `defaults`.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <tenure/candidacy.hpp>

#include "common/options.hpp"
#include "common/yaml_map.hpp"
#include "sidecar/config/election_options.hpp"

namespace tenure::sidecar {

/// Whether something outside relies on leadership for a time ahead: hooks, or the control socket.
enum class guarantee_use { used, unused };

class candidacy_options {
 public:
  /// Takes over the keys that `map` has.
  void read(const apps::yaml_map& map);
  tenure::candidacy candidacy(guarantee_use use) const;
  const std::optional<duration>& guarantee() const noexcept { return guarantee_; }
  /// The line of the value of `key`, in the election or in `defaults`; `otherwise` if it is in
  /// neither.
  int line_of(const std::string& key, int otherwise) const;

 private:
  std::string value_ = apps::host_name();  // by which clients recognize themselves
  std::optional<duration> span_;
  std::optional<duration> ttl_;
  std::optional<duration> lock_delay_;
  std::optional<duration> stop_budget_;
  std::optional<duration> guarantee_;
  std::map<std::string, int> lines_;
};

}  // namespace tenure::sidecar
