#include "sidecar/config/election_options.hpp"

#include <algorithm>
#include <tenure/toolkit/ascii.hpp>

namespace tenure::sidecar {
namespace {

bool is_name_character(char c) {
  return text::is_letter_or_digit(c) || c == '-' || c == '_' || c == '.';
}

}  // namespace

bool is_election_name(const std::string& name) {
  return !name.empty() && name.size() <= max_name_length &&
         std::all_of(name.begin(), name.end(), is_name_character) && name != "." && name != "..";
}

}  // namespace tenure::sidecar
