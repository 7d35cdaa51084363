// Parts of the library alone. Each case does its work so many times over; whoever counts
// instructions runs it with two numbers and takes the difference.
#pragma once

#include <cstddef>

namespace micro {

/// A line for the harness: `METRIC UNIT VALUE`.
void tell(const char* metric, const char* unit, double value);

/// 1,000 elections are entered, claimed, proved for a minute of virtual time, and left, against the
/// embedded agent's state without a network between.
void elections(std::size_t times);
/// What an election that was entered takes from the heap, and the size of its record.
void record_size();

}  // namespace micro
