// The parts of a file that a reload compares: whether an election is as before, and whether a
// section has changed that only a start reads.
#pragma once

#include <yaml-cpp/yaml.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/config_errors.hpp"
#include "sidecar/config/election_options.hpp"

namespace tenure::sidecar {

/// The contents of a node as one text: the same for the same keys and values, in whatever order,
/// style and place they are written.
std::string canonical(const YAML::Node& node);

/// What an election's runner depends on, without its outputs. A group's weight and capacity are
/// left out: a reload changes them without ending a term.
std::string canonical(const election_options& options);

/// The part of canonical(options) that all elections of one group share; empty outside a group.
std::string canonical_group(const election_options& options);

/// The sections of a file by their names.
using sections = std::vector<std::pair<std::string, YAML::Node>>;

/// The first difference between two files in these sections, with its line in the second file.
std::optional<apps::config_error> first_difference(const sections& before, const sections& now);

}  // namespace tenure::sidecar
