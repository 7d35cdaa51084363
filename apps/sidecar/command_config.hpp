// The block `command:` of an election.
#pragma once

#include "sidecar/faces.hpp"

namespace tenure::sidecar {

face_factory read_command(const YAML::Node& block, const election_terms& of, mistakes& into);

}  // namespace tenure::sidecar
