#include "common/yaml_map.hpp"

#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <charconv>
#include <sstream>
#include <string_view>
#include <tenure/toolkit/ascii.hpp>
#include <tenure/toolkit/utf8.hpp>
#include <utility>

#include "common/byte_size.hpp"
#include "common/duration.hpp"
#include "common/leading_zero.hpp"
#include "common/near_word.hpp"
#include "common/visible_controls.hpp"

namespace tenure::apps {
namespace {

/// Line `index`, from 0.
std::string_view line_at(std::string_view text, int index) {
  for (; index > 0; --index) text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  return text.substr(0, text.find('\n'));
}

// *name, and nothing that looks like a schedule.
bool is_alias(std::string_view value) {
  if (!value.starts_with('*')) return false;
  const std::string_view name = value.substr(1, value.find_first_of(" \t\r,]}") - 1);
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return text::is_letter_or_digit(c) || c == '-' || c == '_';
  });
}

// The most common syntax error is a value like a schedule without quotes: * and @ have
// another meaning in YAML.
std::string quoting_hint(std::string_view line) {
  const std::size_t value = line.find_first_not_of(" \t", line.find(':') + 1);
  const bool bare = value != std::string_view::npos && (line[value] == '*' || line[value] == '@');
  if (!bare) return "";
  if (is_alias(line.substr(value)))
    return ": an anchor of that name, as in &name, has to come first";
  return ": put what begins with * or @ in quotes";
}

std::string joined(const std::vector<const char*>& keys) {
  std::string list;
  for (const char* key : keys) list += (list.empty() ? "" : ", ") + std::string(key);
  return list;
}

// Visible: an error text would end at a NUL.
std::string scalar_or_dots(const YAML::Node& node) {
  return node.IsScalar() ? with_visible_controls(node.Scalar()) : "...";
}

// What is wrong with a text; empty: nothing.
std::string problem_of(const YAML::Node& node) {
  if (!node.IsScalar()) return "is not a string";
  if (node.Scalar().empty()) return "is empty";
  const bool has_nul = node.Scalar().find('\0') != std::string::npos;
  return has_nul ? "has a NUL, which no program and no file name can get" : "";
}

file_position position_of(const YAML::Mark& mark) {
  return file_position(std::max(mark.line, 0) + 1, std::max(mark.column, 0) + 1);
}

/// Where the documents of a text begin: the first two, as no file may have more. YAML::LoadAll()
/// takes each comma outside of brackets for an empty document, and never comes to the next token.
class document_starts final : private YAML::EventHandler {
 public:
  explicit document_starts(const std::string& text) {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    for (int i = 0; i < 2 && parser.HandleNextDocument(*this); ++i) new_document_ = true;
  }
  const std::vector<YAML::Mark>& found() const noexcept { return found_; }

 private:
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { note(mark); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { note(mark); }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                const std::string&) override {
    note(mark);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    note(mark);
  }
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    note(mark);
  }
  void OnMapEnd() override {}

  void note(const YAML::Mark& mark) {
    if (std::exchange(new_document_, false)) found_.push_back(mark);
  }

  std::vector<YAML::Mark> found_;
  bool new_document_ = true;
};

bool is_comma(std::string_view text, const YAML::Mark& at) {
  const std::string_view line = line_at(text, std::max(at.line, 0));
  const auto column = static_cast<std::size_t>(std::max(at.column, 0));
  return column < line.size() && line[column] == ',';
}

}  // namespace

int line_of(const YAML::Node& node) { return position_of(node).line; }

std::optional<YAML::Node> load_yaml(const std::string& text, const yaml_document& file,
                                    config_errors& errors) {
  if (text.size() > file.most_bytes) {
    errors.add(file_position(1, 1),
               "the file has more than " + std::to_string(file.most_bytes) + " bytes");
    return std::nullopt;
  }
  // yaml-cpp reads such bytes as U+FFFD, and a NUL as the end of the file.
  const std::size_t bad = std::min(text::first_invalid(text), text.find('\0'));
  if (bad < text.size()) {
    const std::string before = text.substr(0, bad);
    const auto lines = std::count(before.begin(), before.end(), '\n');
    const std::size_t begin = before.rfind('\n') + 1;  // npos + 1 is 0
    errors.add(file_position(static_cast<int>(lines) + 1, static_cast<int>(bad - begin) + 1),
               text[bad] == '\0' ? "has a NUL: it has to be text in UTF-8"
                                 : "is not UTF-8 at " +
                                       text::with_visible_bytes(text.substr(bad, 1)) +
                                       ": save the file as UTF-8");
    return std::nullopt;
  }
  try {
    const std::vector<YAML::Mark> starts = document_starts(text).found();
    if (!starts.empty() && is_comma(text, starts.back())) {
      errors.add(position_of(starts.back()), "not YAML: a comma outside of brackets");
      return std::nullopt;
    }
    YAML::Node first = YAML::Load(text);
    if (starts.empty() || first.IsNull()) {
      errors.add(file_position(1, 1),
                 std::string("the file is empty: it needs ") + file.required_keys);
    } else if (starts.size() > 1) {
      errors.add(position_of(starts[1]),
                 std::string("a second document: a file has ") + file.contents);
    } else {
      return first;
    }
  } catch (const YAML::DeepRecursion& e) {
    errors.add(position_of(e.mark), "lists and maps are nested too deeply");
  } catch (const YAML::Exception& e) {
    errors.add(position_of(e.mark), "not YAML: " + e.msg +
                                        quoting_hint(line_at(text, std::max(e.mark.line, 0))));
  }
  return std::nullopt;
}

yaml_map::yaml_map(const YAML::Node& map, std::string label, config_errors& errors,
                   const std::vector<const char*>& known)
    : yaml_map(map, std::move(label), errors, known, merge_key::refused) {}

yaml_map::yaml_map(const YAML::Node& map, std::string label, config_errors& errors,
                   const std::vector<const char*>& known, merge_key merging)
    : map_(map), label_(std::move(label)), errors_(errors) {
  if (!map.IsMap()) {
    errors_.add(position_of(map), label_ + " is not a map (known keys: " + joined(known) + ")");
    return;
  }
  if (merging == merge_key::read) {
    for (const yaml_entry& entry : merged_entries(map, label_, errors_)) add(entry, known);
  } else {
    for (const auto& entry : map) add(yaml_entry(entry.first, entry.second), known);
  }
}

void yaml_map::add(const yaml_entry& entry, const std::vector<const char*>& known) {
  const file_position at = position_of(entry.key);
  const std::string name = entry.name();
  if (std::find(known.begin(), known.end(), name) == known.end()) {
    const std::string meant = nearest_word(name, known);
    errors_.add(at, "unknown key '" + name + "' in " + label_ +
                        (meant.empty() ? " (known: " + joined(known) + ")"
                                       : ": did you mean '" + meant + "'?"));
  } else if (!given_.insert(name).second) {
    errors_.add(at, "'" + name + "' is given twice in " + label_);
  } else if (entry.value.IsNull()) {
    errors_.add(at, "'" + name + "' has no value in " + label_);
  } else {
    values_.emplace(name, entry.value);
  }
}

std::string yaml_map::prefix(const char* key) const {
  return (label_.empty() ? "" : label_ + ": ") + key + ": ";
}

std::optional<YAML::Node> yaml_map::node(const char* key) const {
  const auto found = values_.find(key);
  if (found == values_.end()) return std::nullopt;
  return found->second;
}

void yaml_map::error(const char* key, const std::string& text) const {
  errors_.add(position_of_value(key), prefix(key) + text);
}

void yaml_map::error_at(const char* key, std::size_t index, const std::string& text) const {
  const auto found = node(key);
  const bool listed = found && found->IsSequence() && index < found->size();
  if (!listed) return error(key, text);
  errors_.add(position_of((*found)[index]), prefix(key) + text);
}

int yaml_map::line_of_value(const char* key) const { return position_of_value(key).line; }

file_position yaml_map::position_of_value(const char* key) const {
  const auto found = values_.find(key);
  return position_of(found == values_.end() ? map_ : found->second);
}

bool yaml_map::missing(const char* key) const {
  return map_.IsMap() && given_.count(key) == 0;
}

void yaml_map::require(const char* key, const std::string& purpose) const {
  if (missing(key)) errors_.add(position_of(map_), prefix(key) + "is missing: " + purpose);
}

std::optional<std::string> yaml_map::text(const char* key) const {
  const auto found = node(key);
  if (!found) return std::nullopt;
  const std::string problem = problem_of(*found);
  if (problem.empty()) return found->Scalar();
  error(key, problem);
  return std::nullopt;
}

std::optional<std::size_t> yaml_map::choice(const char* key,
                                            const std::vector<const char*>& words) const {
  const auto found = node(key);
  if (!found) return std::nullopt;
  const std::string typed = scalar_or_dots(*found);
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (typed == words[i]) return i;
  }
  const std::string meant = nearest_word(typed, words);
  error(key, "'" + typed + "' is none of " + joined(words) +
                 (meant.empty() ? "" : ": did you mean " + meant + "?"));
  return std::nullopt;
}

std::optional<std::uint64_t> yaml_map::bytes(const char* key, std::uint64_t least) const {
  const auto found = node(key);
  if (!found) return std::nullopt;
  try {
    const std::uint64_t size = parse_byte_size(scalar_or_dots(*found));
    if (size >= least) return size;
    error(key, "'" + found->Scalar() + "' is too small: at least " + std::to_string(least) +
                   " bytes");
  } catch (const usage_error& e) {
    error(key, e.what());
  }
  return std::nullopt;
}

std::optional<duration> yaml_map::time(const char* key) const {
  const auto found = node(key);
  if (!found) return std::nullopt;
  try {
    return parse_duration(scalar_or_dots(*found));
  } catch (const usage_error& e) {
    error(key, e.what());
  }
  return std::nullopt;
}

std::optional<bool> yaml_map::boolean(const char* key) const {
  const auto found = node(key);
  if (!found) return std::nullopt;
  bool value = false;
  if (found->IsScalar() && YAML::convert<bool>::decode(*found, value)) return value;
  error(key, "'" + scalar_or_dots(*found) + "' is neither true nor false");
  return std::nullopt;
}

std::optional<std::uint64_t> yaml_map::number(const char* key, std::uint64_t least,
                                              std::uint64_t most) const {
  const auto found = node(key);
  if (!found) return std::nullopt;
  const std::string text = scalar_or_dots(*found);
  std::uint64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = problem == std::errc() && end == text.data() + text.size();
  if (whole && has_leading_zero(text)) {
    error(key, "'" + text + "' begins with 0: write the number without");
    return std::nullopt;
  }
  if (whole && value >= least && value <= most) return value;
  error(key, "'" + text + "' is not a number from " + std::to_string(least) + " to " +
                 std::to_string(most));
  return std::nullopt;
}

std::optional<std::vector<std::string>> yaml_map::texts(const char* key,
                                                        const text_check& check) const {
  const auto list = texts(key);
  for (std::size_t i = 0; list && i < list->size(); ++i) {
    const std::string problem = check((*list)[i]);
    if (problem.empty()) continue;
    error_at(key, i, problem);
    return std::nullopt;
  }
  return list;
}

std::optional<std::vector<std::string>> yaml_map::texts(const char* key) const {
  const auto found = node(key);
  if (!found) return std::nullopt;
  if (found->IsScalar()) {
    const auto one = text(key);
    if (!one) return std::nullopt;
    return std::vector<std::string>{*one};
  }
  if (!found->IsSequence() || found->size() == 0) {
    error(key, "is neither a string nor a list of strings");
    return std::nullopt;
  }
  std::vector<std::string> list;
  for (const YAML::Node& entry : *found) {
    const bool right = entry.IsScalar() && !entry.Scalar().empty();
    const std::string problem =
        right ? problem_of(entry) : "is neither a string nor a list of strings";
    if (!problem.empty()) {
      error_at(key, list.size(), problem);
      return std::nullopt;
    }
    list.push_back(entry.Scalar());
  }
  return list;
}

}  // namespace tenure::apps
