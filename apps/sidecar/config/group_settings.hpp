// The key `group` of the file, in an election or in `defaults`.
#pragma once

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <optional>
#include <string>
#include <tenure/candidacy.hpp>

#include "common/config_errors.hpp"
#include "common/group_options.hpp"

namespace tenure::sidecar {

class group_settings {
 public:
  /// Takes over what `node` has: the prefix of the group, or a map. `label` names its place in
  /// errors.
  void read(const YAML::Node& node, const std::string& label, apps::config_errors& errors);

  /// Reports an error if nothing that was read names a prefix. `node`: the group of an election.
  void require_prefix(const YAML::Node& node, const std::string& label,
                      apps::config_errors& errors) const;

  /// How the sidecar joins the group; nothing without a prefix. `guarantee`: how far ahead an
  /// answer of is-leader promises. May throw bad_configuration.
  std::optional<apps::group_membership> membership_with(
      const candidacy& how, const std::optional<duration>& guarantee) const;

 private:
  std::string prefix_;
  bool names_prefix_ = false;  // perhaps a bad one, which is reported already
  std::string member_;
  std::optional<std::uint32_t> weight_;
  std::optional<std::uint32_t> capacity_;
};

/// Whether two elections of one group would join it in the same way, as they must.
bool same_membership(const membership& a, const membership& b);

}  // namespace tenure::sidecar
