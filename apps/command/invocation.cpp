#include "command/invocation.hpp"

#include <utility>

#include "command/secret_variables.hpp"

namespace tenure::command {

void invocation::inherit_environment(const std::vector<std::string>& named) {
  for (std::string& variable : inherited_variables(named))
    environment.push_back(std::move(variable));
}

void invocation::set_variable(const std::string& name, const std::string& value) {
  const std::string start = name + '=';
  std::erase_if(environment, [&](const std::string& e) { return e.starts_with(start); });
  environment.push_back(start + value);
}

}  // namespace tenure::command
