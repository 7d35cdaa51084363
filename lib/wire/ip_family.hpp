// Whether text is an address of the internet, and of which kind. No names are looked up.
#pragma once

#include <string>

namespace tenure::wire {

enum class ip_family { none, v4, v6 };

ip_family family_of(const std::string& address);

}  // namespace tenure::wire
