#include "common/regular_file.hpp"

#include <tenure/toolkit/input_file.hpp>
#include <utility>

#include "common/duration.hpp"

namespace tenure::apps {

std::string read_regular_file(const std::string& name) {
  using namespace runtime;
  input_file file = read_input(name, most_input, input_kind::regular);
  if (!file.problem.empty())
    throw usage_error("cannot read '" + name + "' while this program runs: " + file.problem);
  return std::move(file.text);
}

}  // namespace tenure::apps
