#include "common/secret_arguments.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

namespace tenure::apps {
namespace {

/// Whether an argument is an option whose value is a secret. `tenure lock` takes one dash as well.
bool names_secret(std::string_view option) {
  constexpr std::array secrets{"--token", "-token", "--http-token"};
  return std::ranges::find(secrets, option) != secrets.end();
}

bool names_address(std::string_view option) {
  return option == "--http-addr" || option == "-http-addr";
}

void hide(char* text) noexcept { std::memset(text, 'x', std::strlen(text)); }

void hide_value(std::string_view option, char* value) noexcept {
  const bool has_secret = names_address(option) && std::strpbrk(value, "@?") != nullptr;
  if (names_secret(option) || has_secret) hide(value);
}

}  // namespace

std::vector<std::string> take_arguments(int argc, char** argv) {
  std::vector<std::string> copies(argv, argv + argc);
  for (int i = 1; i < argc; ++i) {
    const std::string_view text = copies[static_cast<std::size_t>(i)];
    if (text == "--") break;  // the command's own follow
    const std::size_t equals = text.find('=');
    if (equals != text.npos) {
      hide_value(text.substr(0, equals), argv[i] + equals + 1);
    } else if (i + 1 < argc) {
      hide_value(text, argv[i + 1]);
    }
  }
  return copies;
}

std::vector<const char*> pointers_to(const std::vector<std::string>& arguments) {
  std::vector<const char*> all;
  all.reserve(arguments.size() + 1);
  for (const std::string& each : arguments) all.push_back(each.c_str());
  all.push_back(nullptr);
  return all;
}

}  // namespace tenure::apps
