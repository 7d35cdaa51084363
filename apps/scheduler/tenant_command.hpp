// The commands that the scheduler reads on standard input.
#pragma once

#include <cstddef>
#include <string>

namespace scheduler {

struct tenant_command {
  enum class kind { enter, leave, unknown };
  kind what = kind::unknown;
  std::size_t tenant = 0;
};

/// "enter 11" or "leave 11".
tenant_command parse_tenant_command(const std::string& line);

}  // namespace scheduler
