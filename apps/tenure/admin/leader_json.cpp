#include "tenure/admin/leader_json.hpp"

#include <tenure/toolkit/base64.hpp>
#include <tenure/toolkit/utf8.hpp>

#include "common/json.hpp"

namespace tenure::apps {

std::string to_json(const leader& who) {
  const auto or_null = [&](const std::string& s) {
    return who.present() ? json_string(s) : std::string("null");
  };
  std::string exact;
  if (!text::is_utf8(who.value)) {
    exact = ",\"value_base64\":\"" + text::base64_encode(who.value) + '"';
  }
  return "{\"key\":" + json_string(who.key) + ",\"value\":" + or_null(who.value) + exact +
         ",\"session\":" + or_null(who.session) +
         ",\"fence\":" + std::to_string(who.present() ? who.fence : 0) + "}";
}

}  // namespace tenure::apps
