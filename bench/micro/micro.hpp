// Parts of the library alone. Each case repeats its work `times` times; to count its instructions,
// run it with two numbers and take the difference.
#pragma once

#include <cstddef>
#include <memory>
#include <tenure/metrics.hpp>

namespace micro {

/// Prints a line for the harness: `METRIC UNIT VALUE`.
void report(const char* metric, const char* unit, double value);

/// Enters 1,000 elections, claims them, proves them for a minute of virtual time, and leaves them,
/// against the embedded agent's state without a network between. `metrics` may be null.
void elections(std::size_t times, std::shared_ptr<tenure::metrics_sink> metrics);
/// Reports the memory of an entered election, and the size of its `participant`.
void election_memory();

}  // namespace micro
