// The configuration of a sidecar: its file, or the variables of the environment.
#include <optional>
#include <string>

#include "common/options.hpp"
#include "sidecar/config/env_config.hpp"
#include "sidecar/config/file.hpp"
#include "target.hpp"
#include "variables.hpp"

namespace {

using namespace tenure;
using fuzz::require;

void read_file(const std::string& text) {
  apps::config_errors errors;
  const sidecar::config read = sidecar::read_config(text, consul_config(), errors);
  const auto all = errors.take();
  require(!all.empty() || !read.elections.empty(), "a file without errors has elections");
  for (const apps::config_error& error : all)
    require(!error.text.empty() && error.text.find('\n') == std::string::npos,
            "an error is one line");
}

void read_variables(std::string_view text) {
  const auto set = fuzz::variables_of(text);
  const auto find = [&](const char* name) -> std::optional<std::string> {
    const auto found = set.find(name);
    if (found == set.end()) return std::nullopt;
    return found->second;
  };
  try {
    sidecar::config_from_environment(find, consul_config());
  } catch (const apps::usage_error& refused) {
    require(std::string_view(refused.what()).find('\n') == std::string_view::npos,
            "a refusal is one line");
  }
}

void read(std::string_view input) {
  if (fuzz::take_choice(input, 4) == 0) return read_variables(input);
  // A file may name others, which are read at once.
  for (const char* const name : {"_file", "token_command", "ca_path", "client_", "_cert"})
    if (input.find(name) != std::string_view::npos) return;
  read_file(std::string(input));
}

const fuzz::target it("sidecar_files", read);

}  // namespace
