// Names for many elections that can be watched cheaply.
#pragma once

#include <string>
#include <string_view>

namespace tenure {

/// The key for `name` below `prefix`, in one of 64 folders: sharded_key("jobs", "nightly") is
/// "jobs/HH/nightly", HH being two hexadecimal digits that follow from the name alone.
///
/// Why: a process that stands in thousands of elections watches them by blocking queries for
/// everything below a prefix, so each change costs an answer as long as the keys below that prefix.
/// Keys chosen freely may share long beginnings ("tenant-1000017") or branch too widely to
/// be divided over the available connections; sharded keys spread evenly: 16 ways, then 4
/// (the second digit is 0, 4, 8 or c).
///
/// How: h is the 64-bit FNV-1a hash of the name's bytes; h ^= h >> 32, h ^= h >> 16, h ^= h >> 8;
/// HH is its lowest byte with the lower two bits cleared. This will never change: programs in
/// other languages may compute it, too, and all contenders must agree on the key.
///
/// One slash stands between the parts, whether `prefix` ends with one or not; without a prefix the
/// key begins with HH. Equal names always have equal keys, and different ones different.
[[nodiscard]] std::string sharded_key(std::string_view prefix, std::string_view name);

}  // namespace tenure
