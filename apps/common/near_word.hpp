// "Did you mean ...?": the word that a user most likely meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tenure::apps {

/// The word of `words` that is one or two slips (one in a short word) away from `typed`; empty if
/// none is. A slip is a letter too many, too few or wrong, or two letters in the wrong order. Case,
/// - and _ do not count.
std::string nearest_word(std::string_view typed, const std::vector<const char*>& words);

}  // namespace tenure::apps
