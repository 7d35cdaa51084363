// The entries of a YAML map, with those that its merge key adds.
#pragma once

#include <yaml-cpp/yaml.h>

#include <string>
#include <utility>
#include <vector>

#include "common/config_errors.hpp"

namespace tenure::apps {

/// Where a node begins.
file_position position_of(const YAML::Node& node);

/// One key of a map and its value.
class yaml_entry {
 public:
  yaml_entry(YAML::Node k, YAML::Node v) : key(std::move(k)), value(std::move(v)) {}

  std::string name() const { return key.IsScalar() ? key.Scalar() : "?"; }

  YAML::Node key;
  YAML::Node value;
};

/// The entries of a map, with those that its merge key adds: `<<: *base`, or a list of maps of
/// which the first wins. A key of the map itself wins over a merged one; two of its keys may have
/// the same name. `label` names the map in errors.
std::vector<yaml_entry> merged_entries(const YAML::Node& map, const std::string& label,
                                       config_errors& errors);

}  // namespace tenure::apps
