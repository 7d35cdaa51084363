#include "core/group/member_name.hpp"

#include <algorithm>
#include <tenure/bad_configuration.hpp>
#include <tenure/membership.hpp>

#include "text/utf8.hpp"

namespace tenure::core {
namespace {

bool is_control(char c) noexcept { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

}  // namespace

void check_member_name(const std::string& name) {
  if (name.empty()) throw bad_configuration("a member needs a name: give one, such as the host's");
  if (name.size() > membership::most_name) {
    throw bad_configuration("a member's name of " + std::to_string(name.size()) +
                            " bytes is too long: use at most 255");
  }
  if (!text::is_utf8(name) || std::ranges::any_of(name, is_control)) {
    throw bad_configuration(
        "a member's name has to be UTF-8 without control characters: use another");
  }
  if (name.find('/') != name.npos || name == "." || name == "..") {
    throw bad_configuration("the member's name \"" + name +
                            "\" cannot be part of a key: use one without slashes, and not . or ..");
  }
}

}  // namespace tenure::core
