// The two documents that are kept in keys as JSON: a leader's settings, and the lock of a
// semaphore in the very form that consul/api writes and reads.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace tenure::consul {

/// Flags that consul/api's Semaphore writes and insists on.
inline constexpr std::uint64_t semaphore_flags = 0xe0f69a2baa414de0;

using settings_document = std::map<std::string, std::string>;

/// Nothing where `text` is not an object whose members are strings, each once. Empty text is an
/// empty document.
std::optional<settings_document> parse_settings(std::string text);
/// Names in order. Names and values have to be UTF-8.
std::string settings_text(const settings_document& values);

class semaphore_document {
 public:
  std::uint64_t limit = 0;
  std::set<std::string> holders;  ///< session ids
};

/// Nothing where `text` is not such a document. Empty text is one without limit and holders.
std::optional<semaphore_document> parse_semaphore(std::string text);
std::string semaphore_text(const semaphore_document& document);

}  // namespace tenure::consul
