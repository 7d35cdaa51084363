// Tells IPv4 and IPv6 addresses from other text. Resolves no names.
#pragma once

#include <string>

namespace tenure::wire {

enum class ip_family { none, v4, v6 };

ip_family family_of(const std::string& address);

}  // namespace tenure::wire
