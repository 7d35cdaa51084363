#include "tenure/admin/leader_output.hpp"

#include <cstdio>
#include <cstdlib>

#include "common/exit_codes.hpp"
#include "common/json.hpp"

namespace tenure::apps {

std::string to_json(const leader& who) {
  const auto or_null = [&](const std::string& s) {
    return who.present() ? json_string(s) : std::string("null");
  };
  return "{\"key\":" + json_string(who.key) + ",\"value\":" + or_null(who.value) +
         ",\"session\":" + or_null(who.session) +
         ",\"fence\":" + std::to_string(who.present() ? who.fence : 0) + "}";
}

void print_line(const std::string& text) {
  if (std::puts(text.c_str()) < 0 || std::fflush(stdout) != 0) std::_Exit(exit_ok);
}

}  // namespace tenure::apps
