// Only in the variant that is compiled to make mistakes.
#include "tenure-cron/testing/seeded_bug.hpp"

namespace tenure::cron {
namespace {

seeded_bug made = seeded_bug::none;

}  // namespace

bool bug_enabled(seeded_bug bug) noexcept { return bug == made; }
void enable_bug(seeded_bug bug) noexcept { made = bug; }

}  // namespace tenure::cron
