// The environment variables of every Consul tool.
#include <optional>
#include <string>
#include <tenure/consul_config.hpp>

#include "target.hpp"
#include "variables.hpp"

namespace {

using namespace tenure;
using fuzz::require;

void read_environment(std::string_view input) {
  const auto set = fuzz::variables_of(input);
  try {
    const consul_config read =
        consul_config::from([&](const char* name) -> std::optional<std::string> {
          const auto found = set.find(name);
          if (found == set.end()) return std::nullopt;
          return found->second;
        });
    const consul_config again(read.address());
    require(again.address() == read.address(), "an address is read as it is shown");
    require(again.host() == read.host() && again.unix_path() == read.unix_path(),
            "and means the same");
  } catch (const bad_configuration& refused) {
    const std::string_view why = refused.what();
    require(!why.empty() && why.find('\n') == why.npos, "a refusal is one line");
  }
}

const fuzz::target it("environment", read_environment);

}  // namespace
