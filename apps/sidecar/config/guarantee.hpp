// How far ahead leadership can be guaranteed at any moment: the length of a lease, less the
// interval between two proofs.
#pragma once

#include <optional>
#include <string>
#include <tenure/candidacy.hpp>

namespace tenure::sidecar {

/// For how long a true answer of is-leader holds by default.
inline constexpr duration default_guarantee = std::chrono::seconds(30);

/// How far ahead leadership is guaranteed at every moment, as long as the proofs arrive in time.
duration steady_guarantee(const candidacy& how);

/// The shortest span of whole seconds, up to a day, that allows the guarantee; at least the span of
/// `how`. Nothing if no span does.
std::optional<duration> span_for(duration guarantee, candidacy how);

/// Why `how` cannot give this guarantee, with the calculation and the remedy; empty where it can.
std::string guarantee_error(duration guarantee, const candidacy& how);

}  // namespace tenure::sidecar
