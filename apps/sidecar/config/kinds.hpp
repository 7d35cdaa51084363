// The blocks that make outputs and components: `hooks:` of an election, `control:` of the file.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "common/yaml_map.hpp"
#include "sidecar/config/election_options.hpp"
#include "sidecar/main/component.hpp"
#include "sidecar/main/context.hpp"
#include "sidecar/main/output.hpp"

namespace tenure::sidecar {

/// Makes the output when the sidecar starts. Throws fatal_error where that is impossible on this
/// machine.
using output_factory = std::function<std::shared_ptr<output>(context&, entered_election&)>;
/// The same for a component.
using component_factory = std::function<std::shared_ptr<component>(context&)>;

/// A block that an election may have.
struct output_kind {
  const char* key;  ///< "hooks"
  /// Reads the block. With errors, the factory is unusable.
  output_factory (*read)(const YAML::Node& block, const election_options& election,
                         apps::config_errors& errors);
};

/// A block that the file may have.
struct component_kind {
  const char* key;  ///< "control"
  component_factory (*read)(const YAML::Node& block, apps::config_errors& errors);
};

/// All kinds. A new kind is one more line in each.
const std::vector<output_kind>& output_kinds();
const std::vector<component_kind>& component_kinds();

}  // namespace tenure::sidecar
