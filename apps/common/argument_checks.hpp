// Checks of arguments, for CLI::Option::check(). Each returns what is wrong, or an empty string.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace tenure::apps {

/// The key of an election.
std::string check_key(const std::string& text);

/// The beginning of keys, which may be empty.
std::string check_key_prefix(const std::string& text);

/// A prefix below which there are keys, with slashes at its end or without. `what` has it: "a
/// group".
std::string prefix_error(const std::string& text, const char* what);
std::string check_group_prefix(const std::string& text);

/// The name of a member of a group.
std::string check_member_name(const std::string& text);

/// A prefix as users write it: with slashes at its end or without.
std::string without_end_slashes(std::string prefix);

/// The name of a variable of the environment.
std::string check_variable_name(const std::string& name);

/// The name of a host, or its address, with a port or without.
std::string check_host_name(const std::string& host);

/// A label of a host.
std::string check_label(const std::string& label);

/// A number in decimal digits. CLI11 alone also takes 0x10, 010 for 8, and -1 for a large number.
std::function<std::string(const std::string&)> whole_number(std::uint64_t least,
                                                            std::uint64_t most);

/// Of a semaphore, as `-n` names them.
inline constexpr std::uint64_t most_holders = 1'000'000;

/// A number in decimal digits, with a fraction or without, from 0 to `most`.
std::function<std::string(const std::string&)> decimal_number(double most);

}  // namespace tenure::apps
