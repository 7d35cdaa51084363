// Errors of a candidacy or a membership, with the place where the user wrote the wrong value.
#pragma once

#include <string>
#include <string_view>
#include <tenure/candidacy.hpp>
#include <tenure/membership.hpp>

namespace tenure::apps {

/// A setting as each of the user's interfaces calls it.
struct candidacy_setting {
  const char* words;     ///< with which the library's errors begin
  const char* key;       ///< in a YAML file
  const char* option;    ///< on the command line
  const char* variable;  ///< in the environment
};

/// The setting that an error of candidacy::check() or membership::check() is about, or nullptr.
const candidacy_setting* setting_of_error(std::string_view error);

/// check() for a command line. Throws usage_error that names the option.
void check_candidacy(const candidacy& how);
void check_membership(const membership& how);

}  // namespace tenure::apps
