// How far ahead leadership can be promised: at every moment a lease has left what it is long, less
// what passes between two proofs.
#pragma once

#include <string>
#include <tenure/candidacy.hpp>

namespace tenure::sidecar {

/// What "yes, I lead" promises where nothing else is said.
inline constexpr duration usual_guarantee = std::chrono::seconds(30);

/// How much is guaranteed at every moment while the proofs come in time.
duration steady_guarantee(const candidacy& how);

/// The shortest span of whole seconds, no shorter than that of `how`, that can promise so much.
duration span_for(duration guarantee, candidacy how);

/// Why `how` cannot promise so much, with the sum and the remedy; empty where it can.
std::string cannot_promise(duration guarantee, const candidacy& how);

}  // namespace tenure::sidecar
