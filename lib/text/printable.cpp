#include "text/printable.hpp"

#include <algorithm>
#include <array>

#include "text/utf8.hpp"

namespace tenure::text {

bool is_printable_point(std::uint32_t code_point) noexcept {
  struct range {
    std::uint32_t first;
    std::uint32_t last;
  };
  static constexpr std::array<range, 18> hidden{{{0x00, 0x1f},
                                                 {0x7f, 0xa0},
                                                 {0xad, 0xad},
                                                 {0x600, 0x605},
                                                 {0x61c, 0x61c},
                                                 {0x6dd, 0x6dd},
                                                 {0x70f, 0x70f},
                                                 {0x1680, 0x1680},
                                                 {0x180e, 0x180e},
                                                 {0x2000, 0x200f},
                                                 {0x2028, 0x202f},
                                                 {0x205f, 0x206f},
                                                 {0x3000, 0x3000},
                                                 {0xe000, 0xf8ff},
                                                 {0xfeff, 0xfeff},
                                                 {0xfff0, 0xfffb},
                                                 {0xfffe, 0xffff},
                                                 {0xe0000, 0x10ffff}}};
  return std::none_of(hidden.begin(), hidden.end(), [code_point](const range& r) {
    return code_point >= r.first && code_point <= r.last;
  });
}

std::optional<std::uint32_t> first_unprintable(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length > 0) {
      const std::uint32_t point = utf8_decode(text, length);
      if (!is_printable_point(point)) return point;
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return std::nullopt;
}

}  // namespace tenure::text
