// The ID of a Consul session, kept small because each of thousands of elections remembers one.
// Consul uses UUIDs, which fit into sixteen bytes; any other text is kept as a string.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tenure::core {

/// Compares and prints as the text from which it was made. Empty: no session.
class session_id {
 public:
  session_id() = default;
  session_id(std::string_view text);  // NOLINT(google-explicit-constructor)
  session_id(const std::string& text) : session_id(std::string_view(text)) {}  // NOLINT
  session_id(const char* text) : session_id(std::string_view(text)) {}         // NOLINT
  session_id(const session_id& other);
  session_id(session_id&&) noexcept = default;
  session_id& operator=(const session_id& other);
  session_id& operator=(session_id&&) noexcept = default;
  ~session_id() = default;

  bool empty() const noexcept { return high_ == 0 && low_ == 0 && !other_; }
  void clear() noexcept { *this = session_id(); }
  std::string text() const;
  friend bool operator==(const session_id& a, const session_id& b) noexcept {
    if (a.other_ || b.other_) return a.other_ && b.other_ && *a.other_ == *b.other_;
    return a.high_ == b.high_ && a.low_ == b.low_;
  }

 private:
  std::uint64_t high_ = 0;
  std::uint64_t low_ = 0;
  std::unique_ptr<const std::string> other_;
};

}  // namespace tenure::core
