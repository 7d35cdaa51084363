#include "tenure-cron/output/output_tail.hpp"

#include "tenure-cron/output/output_line.hpp"

namespace tenure::cron {
namespace {

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

}  // namespace

// What is kept is printable already, and thus longer than what came.
void output_tail::add(std::string_view part, bool goes_on) {
  if (part.size() > 2 * most) part.remove_prefix(part.size() - 2 * most);
  while (!part.empty() && continues_character(part.front())) part.remove_prefix(1);
  kept_ += printable(part);
  if (!goes_on) kept_ += '\n';
  if (kept_.size() > 4 * most) kept_.erase(0, kept_.size() - 2 * most);
}

std::string output_tail::text() const {
  std::string_view rest = kept_;
  if (rest.ends_with('\n')) rest.remove_suffix(1);
  if (rest.size() <= most) return std::string(rest);
  const std::size_t cut = rest.size() - most;
  std::string_view end = rest.substr(cut);
  const std::size_t line = rest.find('\n', cut - 1);
  if (line != std::string_view::npos && line + 1 < rest.size()) end = rest.substr(line + 1);
  while (!end.empty() && continues_character(end.front())) end.remove_prefix(1);
  return std::string(end);
}

}  // namespace tenure::cron
