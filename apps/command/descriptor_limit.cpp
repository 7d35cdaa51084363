#include "command/descriptor_limit.hpp"

#include <sys/resource.h>

namespace tenure::command {
namespace {

std::uint64_t before = 0;

}  // namespace

void raise_descriptor_limit() noexcept {
  rlimit limit = {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max) return;
  const rlim_t soft = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) == 0 && before == 0) before = soft;
}

std::uint64_t descriptor_limit_of_commands() noexcept { return before; }

}  // namespace tenure::command
