#include "election/sessions/span_tag.hpp"

#include <charconv>
#include <cstdint>
#include <string_view>

namespace tenure::impl {
namespace {

constexpr std::string_view mark = " span=";
constexpr std::int64_t most_ms = 86'400'000;

}  // namespace

std::string name_with_span(const std::string& name, duration span) {
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(span).count();
  return name + std::string(mark) + std::to_string(ms) + "ms";
}

duration span_in_name(const std::string& session_name) noexcept {
  const auto at = session_name.rfind(mark);
  if (at == std::string::npos) return duration{0};
  const char* first = session_name.data() + at + mark.size();
  const char* last = session_name.data() + session_name.size();
  std::int64_t ms = 0;
  const auto [end, ec] = std::from_chars(first, last, ms);
  if (ec != std::errc{} || std::string_view(end, last) != "ms" || ms < 0 || ms > most_ms) {
    return duration{0};
  }
  return std::chrono::milliseconds(ms);
}

}  // namespace tenure::impl
