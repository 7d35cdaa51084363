// Only in the variant that is compiled to make mistakes.
#include "core/testing/seeded_bug.hpp"

namespace tenure::core {
namespace {

seeded_bug made = seeded_bug::none;

}  // namespace

bool bug_enabled(seeded_bug m) noexcept { return m == made; }
void enable_bug(seeded_bug m) noexcept { made = m; }

}  // namespace tenure::core
