// The two JSON documents that are stored in keys: a leader's settings, and the lock of a semaphore.
// The lock has exactly the form that consul/api writes and reads.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace tenure::consul {

/// Flags that consul/api's Semaphore writes and requires.
inline constexpr std::uint64_t semaphore_flags = 0xe0f69a2baa414de0;

using settings_document = std::map<std::string, std::string>;

/// Nothing if `text` is not an object of strings with unique names. Empty text is an empty
/// document.
std::optional<settings_document> parse_settings(std::string text);
/// Sorted by name. Names and values must be UTF-8.
std::string settings_text(const settings_document& values);
/// Applies changes, of which an empty value removes its setting. Returns whether `values` changed.
bool merge_settings(const settings_document& changes, settings_document& values);

class semaphore_document {
 public:
  std::uint64_t limit = 0;
  std::set<std::string> holders;  ///< session ids
};

/// Nothing if `text` is not such a document. Empty text is one without limit and holders.
std::optional<semaphore_document> parse_semaphore(std::string text);
std::string semaphore_text(const semaphore_document& document);

}  // namespace tenure::consul
