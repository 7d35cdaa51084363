#include "core/util/invariant.hpp"

#include <cstdio>
#include <cstdlib>

namespace tenure::core {

void invariant_failed(const char* what, const std::string& state,
                      const std::source_location& where) noexcept {
  std::fprintf(stderr, "tenure: invariant violated: %s: %s (%s:%u)\n", what, state.c_str(),
               where.file_name(), static_cast<unsigned>(where.line()));
  std::abort();
}

}  // namespace tenure::core
