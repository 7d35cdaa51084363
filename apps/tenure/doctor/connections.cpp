// Counts this host's connections in the tables of the kernel.
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>

#include "tenure/doctor/network.hpp"

namespace tenure::doctor {
namespace {

// "0100007F:1F90": the words of the address as this machine's numbers, and the port.
std::string as_the_kernel_writes(const endpoint& where) {
  const auto* const any = reinterpret_cast<const sockaddr*>(where.bytes.data());
  char text[64] = {};
  if (any->sa_family == AF_INET) {
    const auto* const v4 = reinterpret_cast<const sockaddr_in*>(any);
    std::snprintf(text, sizeof text, "%08X:%04X", v4->sin_addr.s_addr, ntohs(v4->sin_port));
  } else {
    const auto* const v6 = reinterpret_cast<const sockaddr_in6*>(any);
    unsigned words[4];
    std::memcpy(words, &v6->sin6_addr, sizeof words);
    std::snprintf(text, sizeof text, "%08X%08X%08X%08X:%04X", words[0], words[1], words[2],
                  words[3], ntohs(v6->sin6_port));
  }
  return text;
}

}  // namespace

long connections_to(const endpoint& where) {
  if (where.bytes.empty()) return -1;
  const bool v4 = reinterpret_cast<const sockaddr*>(where.bytes.data())->sa_family == AF_INET;
  std::ifstream table(v4 ? "/proc/net/tcp" : "/proc/net/tcp6");
  if (!table) return -1;
  const std::string wanted = as_the_kernel_writes(where);
  constexpr const char* established = "01";
  long count = 0;
  std::string line;
  while (std::getline(table, line)) {
    std::istringstream words(line);
    std::string number;
    std::string local;
    std::string remote;
    std::string state;
    if (words >> number >> local >> remote >> state && remote == wanted && state == established)
      ++count;
  }
  return count;
}

}  // namespace tenure::doctor
