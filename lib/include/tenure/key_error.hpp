// Which keys elections, semaphores, settings and groups can have.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tenure {

/// A key has at most so many bytes: a claim has it twice, with a value of up to 384,000 bytes, and
/// a transaction of Consul takes 512 KiB. It is also part of URLs, percent-encoded.
inline constexpr std::size_t most_key_bytes = 16'384;

/// Why no election, semaphore or settings can have this key: one line that names the key, shortened
/// and with visible control characters, and the remedy. Empty: the key is good.
///
/// Keys are parts of URLs. Consul redirects or refuses a path with a leading slash, `//`, `.` or
/// `..` between slashes, or a character that is not printable, such as a line break, however it is
/// escaped. Besides, a key has to be UTF-8, is not empty, and has at most most_key_bytes.
[[nodiscard]] std::string key_error(std::string_view key);

/// The same for the beginning of keys. It may be empty: all keys begin so.
[[nodiscard]] std::string key_prefix_error(std::string_view prefix);

/// Why the group with that prefix cannot have an election with this key, in the same form: the
/// group keeps its own keys below `<prefix>/members/` and `<prefix>/handed/`. Empty: it can.
[[nodiscard]] std::string group_key_error(std::string_view prefix, std::string_view key);

}  // namespace tenure
