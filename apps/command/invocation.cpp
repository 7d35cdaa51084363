#include "command/invocation.hpp"

#include <unistd.h>

namespace tenure::command {

void invocation::inherit_environment() {
  for (char** variable = environ; *variable != nullptr; ++variable)
    environment.emplace_back(*variable);
}

void invocation::set_variable(const std::string& name, const std::string& value) {
  const std::string start = name + '=';
  std::erase_if(environment, [&](const std::string& e) { return e.starts_with(start); });
  environment.push_back(start + value);
}

}  // namespace tenure::command
