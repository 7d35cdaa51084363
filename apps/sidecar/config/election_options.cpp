#include "sidecar/config/election_options.hpp"

#include <limits.h>
#include <unistd.h>

#include <algorithm>

namespace tenure::sidecar {
namespace {

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.';
}

}  // namespace

bool is_election_name(const std::string& name) {
  return !name.empty() && name.size() <= max_name_length &&
         std::all_of(name.begin(), name.end(), is_name_character) && name != "." && name != "..";
}

std::string host_name() {
  char host[HOST_NAME_MAX + 1] = {};
  if (::gethostname(host, sizeof host - 1) != 0) host[0] = '\0';
  return host[0] != '\0' ? host : "localhost";
}

}  // namespace tenure::sidecar
