// The block `hooks:` of an election.
#pragma once

#include "sidecar/faces.hpp"

namespace tenure::sidecar {

/// What the span cannot guarantee is refused, with the sum shown.
face_factory read_hooks(const YAML::Node& block, const election_terms& of, mistakes& into);

}  // namespace tenure::sidecar
