#include "common/build_commit.hpp"

namespace tenure::apps {

std::string_view build_commit() noexcept { return TENURE_COMMIT; }

}  // namespace tenure::apps
