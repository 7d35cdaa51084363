// Only in the variant that is compiled to make mistakes.
#include "core/mutation.hpp"

namespace tenure::core {
namespace {

mutation made = mutation::none;

}  // namespace

bool mutated(mutation m) noexcept { return m == made; }
void mutate(mutation m) noexcept { made = m; }

}  // namespace tenure::core
