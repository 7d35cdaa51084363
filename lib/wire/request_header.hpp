// The header of a request, checked byte by byte before it is parsed. Servers and proxies read a
// malformed header in different ways, and a client that makes use of the difference smuggles
// requests. So the server refuses what RFC 9110 and RFC 9112 do not allow, and responds as Go does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tenure::wire {

enum class header_state : std::uint8_t { incomplete, complete, invalid };

class header_scan {
 public:
  header_state state = header_state::incomplete;
  std::size_t size = 0;  ///< of a complete header, with its empty line
};

/// Looks for the end of the header. `scanned`: how many bytes earlier calls have looked at. Control
/// characters and lines that end without CRLF are invalid.
header_scan scan_header(std::string_view input, std::size_t& scanned) noexcept;

/// Why a header is refused. Status 0: it is not.
class header_fault {
 public:
  explicit operator bool() const noexcept { return status != 0; }

  unsigned status = 0;
  std::string_view text;
};

inline constexpr header_fault bad_request{.status = 400, .text = "400 Bad Request"};

/// Checks a complete header. `target_limit`: the most bytes of the target; 0: any number.
header_fault check_header(std::string_view header, std::size_t target_limit) noexcept;

/// Why a header that exceeds the limit is refused: because of its target, or of its fields.
header_fault oversized_header(std::string_view begin, std::size_t target_limit) noexcept;

/// The path and query of a target, which may name its server: `http://host/path?query`.
std::string origin_form(std::string_view target);

}  // namespace tenure::wire
