#include "agent/filter/peg_text.hpp"

#include <algorithm>

#include "text/utf8.hpp"

namespace tenure::agent {
namespace {

constexpr std::string_view not_anything = "!.";  // pigeon's name of the end of the text

bool in_ranges(char c, std::string_view ranges) {
  while (!ranges.empty()) {
    const bool range = ranges.size() >= 3 && ranges[1] == '-';
    const char last = range ? ranges[2] : ranges[0];
    if (c >= ranges[0] && c <= last) return true;
    ranges.remove_prefix(range ? 3 : 1);
  }
  return false;
}

}  // namespace

bool peg_text::literal(std::string_view wanted) {
  const std::string shown = wanted == "\"" ? R"("\"")" : '"' + std::string(wanted) + '"';
  const bool matched = text_.substr(at_).starts_with(wanted);
  note_attempt(matched, at_, shown);
  if (matched) at_ += wanted.size();
  return matched;
}

bool peg_text::one_of(std::string_view ranges, std::string_view shown) {
  const bool matched = at_ < text_.size() && in_ranges(text_[at_], ranges);
  note_attempt(matched, at_, shown);
  if (matched) ++at_;
  return matched;
}

bool peg_text::any() {
  const bool matched = at_ < text_.size();
  note_attempt(matched, at_, ".");
  if (matched) at_ += character();
  return matched;
}

void peg_text::note_attempt(bool matched, std::size_t place, std::string_view wanted) {
  if (matched != inverted_ || place < furthest_) return;
  if (place > furthest_) {
    furthest_ = place;
    expected_.clear();
  }
  expected_.insert((inverted_ ? "!" : "") + std::string(wanted));
}

std::size_t peg_text::character() const noexcept {
  return std::max<std::size_t>(text::utf8_length(text_.substr(at_)), 1);
}

std::string peg_text::position(std::size_t place) const {
  std::size_t line = 1;
  std::size_t column = 0;
  for (std::size_t i = 0; i <= place; ++i) {
    const bool continues = i < text_.size() && (static_cast<unsigned char>(text_[i]) >> 6) == 2;
    if (!continues) ++column;
    if (i < text_.size() && text_[i] == '\n') {
      ++line;
      column = 0;
    }
  }
  return std::to_string(line) + ":" + std::to_string(column) + " (" + std::to_string(place) + "): ";
}

void peg_text::add_error(std::size_t place, std::string_view rule, std::string_view text) {
  std::string error =
      position(place) + "rule \"" + std::string(rule) + "\": " + std::string(text);
  if (std::find(errors_.begin(), errors_.end(), error) == errors_.end()) {
    errors_.push_back(std::move(error));
  }
}

std::string peg_text::error() const {
  std::string text;
  for (const std::string& error : errors_) {
    if (!text.empty()) text += '\n';
    text += error;
  }
  if (!text.empty()) return text;
  std::vector<std::string> listed;
  for (const std::string& wanted : expected_) {
    if (wanted != not_anything) listed.push_back(wanted);
  }
  if (expected_.contains(std::string(not_anything))) listed.emplace_back("EOF");
  text = position(furthest_) + "no match found, expected: ";
  for (std::size_t i = 0; i < listed.size(); ++i) {
    if (i > 0) text += i + 1 == listed.size() ? " or " : ", ";
    text += listed[i];
  }
  return text;
}

}  // namespace tenure::agent
