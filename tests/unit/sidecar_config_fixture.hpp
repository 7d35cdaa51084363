// Reads the text of a sidecar's file that has no mistake.
#pragma once

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "sidecar/config/file.hpp"

namespace tenure::test {

using sidecar::config;

inline config read(const std::string& text) {
  apps::config_errors errors;
  config c = sidecar::read_config(text, consul_config(), errors);
  for (const apps::config_error& e : errors.take()) FAIL(e.line << ": " << e.text);
  return c;
}

}  // namespace tenure::test
