// Checks of arguments, for CLI::Option::check(). Each returns what is wrong, or an empty string.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace tenure::apps {

/// The key of an election.
std::string check_key(const std::string& text);

/// An option that is given has a value: an empty variable of a script is a mistake.
std::string check_not_empty(const std::string& text);

/// A number in decimal digits. CLI11 alone also takes 0x10, and takes -1 for a large number.
std::function<std::string(const std::string&)> whole_number(std::uint64_t least,
                                                            std::uint64_t most);

/// A number in decimal digits, with a fraction or without, from 0 to `most`.
std::function<std::string(const std::string&)> decimal_number(double most);

}  // namespace tenure::apps
