// The arguments of a program, without its secrets in the list of processes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tenure::apps {

/// Whether the value of an option is a secret: a token, or an address with a password or a query.
bool is_secret(std::string_view option, std::string_view value) noexcept;

/// A copy of the arguments. In the originals, which `ps` and /proc/PID/cmdline show to every user
/// of the machine, the values of --token and --http-token, and an --http-addr with a password or a
/// query, are overwritten by x. They were readable since the start of the process, a few
/// milliseconds: a file or a variable is the place for a secret.
std::vector<std::string> take_arguments(int argc, char** argv);

/// The same arguments as main() has them.
std::vector<const char*> pointers_to(const std::vector<std::string>& arguments);

}  // namespace tenure::apps
