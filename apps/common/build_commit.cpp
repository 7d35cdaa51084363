#include "common/build_commit.hpp"

#include <tenure/version.hpp>

#include "common/commit_text.hpp"

namespace tenure::apps {

std::string_view build_commit() noexcept { return TENURE_COMMIT; }

std::string version_line(std::string_view program) {
  std::string line(program);
  line += ' ';
  line += version;
  if (!build_commit().empty()) {
    line += " (commit ";
    line += build_commit();
    line += ')';
  }
  return line;
}

}  // namespace tenure::apps
