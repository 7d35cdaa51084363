#include "scheduler/tenant_command.hpp"

#include <sstream>

namespace scheduler {

tenant_command parse_tenant_command(const std::string& line) {
  std::istringstream words(line);
  std::string verb;
  std::string more;
  tenant_command read;
  words >> verb >> read.tenant;
  const bool good = !words.fail() && !(words >> more) && read.tenant > 0;
  if (good && verb == "enter") read.what = tenant_command::kind::enter;
  if (good && verb == "leave") read.what = tenant_command::kind::leave;
  return read;
}

}  // namespace scheduler
