#include "common/secret_arguments.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

namespace tenure::apps {
namespace {

/// Whether an argument is an option whose value is a secret. `tenure lock` takes one dash as well.
bool names_secret(std::string_view option) noexcept {
  constexpr std::array secrets{"--token", "-token", "--http-token"};
  return std::ranges::find(secrets, option) != secrets.end();
}

bool names_address(std::string_view option) noexcept {
  return option == "--http-addr" || option == "-http-addr";
}

void hide_value(std::string_view option, char* value) noexcept {
  if (is_secret(option, value)) std::memset(value, 'x', std::strlen(value));
}

}  // namespace

bool is_secret(std::string_view option, std::string_view value) noexcept {
  return names_secret(option) ||
         (names_address(option) && value.find_first_of("@?") != value.npos);
}

std::vector<std::string> take_arguments(int argc, char** argv) {
  std::vector<std::string> copies(argv, argv + argc);
  for (int i = 1; i < argc; ++i) {
    const std::string_view text = copies[static_cast<std::size_t>(i)];
    if (text == "--") break;  // the command's own follow
    const std::size_t equals = std::min(text.find('='), text.size());
    const std::string_view option = text.substr(0, equals);
    // CLI11 takes the next argument as the value of `--token=` as well.
    if (equals + 1 < text.size()) {
      hide_value(option, argv[i] + equals + 1);
    } else if (i + 1 < argc) {
      hide_value(option, argv[i + 1]);
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
