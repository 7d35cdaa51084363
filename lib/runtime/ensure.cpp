#include "runtime/ensure.hpp"

#include <cstdio>
#include <cstdlib>

namespace tenure::runtime {

void invariant_failed(const char* what, const std::source_location& where) noexcept {
  std::fprintf(stderr, "tenure: invariant violated: %s (%s:%u)\n", what, where.file_name(),
               static_cast<unsigned>(where.line()));
  std::abort();
}

}  // namespace tenure::runtime
