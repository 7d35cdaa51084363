#include "tenure-cron/output/line_splitter.hpp"

#include <algorithm>

namespace tenure::cron {
namespace {

// How many bytes at the end of `text` may be the beginning of a UTF-8 character.
std::size_t unfinished(std::string_view text) {
  const std::size_t most = std::min<std::size_t>(text.size(), 3);
  for (std::size_t back = 1; back <= most; ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if (byte < 0x80) return 0;
    if (byte < 0xc0) continue;  // within a character
    const std::size_t length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return back < length ? back : 0;
  }
  return 0;
}

}  // namespace

void line_splitter::add(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view part = bytes.substr(0, end).substr(0, longest_part - line_.size());
    line_ += part;
    bytes.remove_prefix(part.size());
    if (bytes.starts_with('\n')) {
      bytes.remove_prefix(1);
      if (line_.ends_with('\r')) line_.pop_back();
      to_(line_, false);
      line_.clear();
      in_line_ = false;
    } else if (line_.size() >= longest_part) {
      pass_part();
    }
  }
}

void line_splitter::end() {
  if (line_.empty() && !in_line_) return;
  to_(line_, false);
  line_.clear();
  in_line_ = false;
}

void line_splitter::pass_part() {
  // A \r may belong to the line break.
  const std::size_t kept = line_.back() == '\r' ? 1 : unfinished(line_);
  const std::size_t size = line_.size() - kept;
  to_(std::string_view(line_).substr(0, size), true);
  line_.erase(0, size);
  in_line_ = true;
}

}  // namespace tenure::cron
