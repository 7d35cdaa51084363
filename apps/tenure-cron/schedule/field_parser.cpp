#include "tenure-cron/schedule/field_parser.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <tenure/toolkit/ascii.hpp>
#include <vector>

#include "tenure-cron/schedule/schedule.hpp"
#include "tenure-cron/schedule/stable_hash.hpp"

namespace tenure::cron {
namespace {

struct field {
  field_kind kind;
  const char* name;
  unsigned first;
  unsigned last;
  unsigned last_hashed;  // H is at most this
  std::array<const char*, 12> names;  // of first, first + 1, ...
  const char* more;                   // what else is allowed
};

constexpr std::array<field, 6> fields{{
    {field_kind::second, "second", 0, 59, 59, {}, ""},
    {field_kind::minute, "minute", 0, 59, 59, {}, ""},
    {field_kind::hour, "hour", 0, 23, 23, {}, ""},
    {field_kind::day, "day of month", 1, 31, 28, {}, ", L, L-3, 15W, LW, ?"},
    {field_kind::month,
     "month",
     1,
     12,
     12,
     {"january", "february", "march", "april", "may", "june", "july", "august", "september",
      "october", "november", "december"},
     ""},
    {field_kind::weekday,
     "day of week",
     0,
     7,  // Sunday, as 0 is
     6,
     {"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"},
     ", fri#2, 5L, ?"},
}};

constexpr const field& field_of(field_kind kind) { return fields[static_cast<std::size_t>(kind)]; }

[[noreturn]] void refuse(const field& f, std::string_view part, const char* why = nullptr) {
  const char* const article = f.kind == field_kind::hour ? "an " : "a ";
  std::string text = "'" + std::string(part) + "' is not " + article + f.name;
  if (why != nullptr) throw bad_schedule(text + ": " + why);
  text += " (" + std::to_string(f.first) + "-" + std::to_string(f.last);
  if (f.names[0] != nullptr)
    text += f.kind == field_kind::month ? ", jan-dec" : ", sun-sat";
  throw bad_schedule(text + ", *, 1-5, 1,3, */10, H" + f.more + ")");
}

std::optional<unsigned> number(std::string_view text) {
  unsigned n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (text.empty() || error != std::errc() || end != text.data() + text.size())
    return std::nullopt;
  return n;
}

// A number, or a name: all of it or its first three letters.
unsigned value(const field& f, std::string_view text, std::string_view part) {
  if (const auto n = number(text)) {
    if (*n < f.first || *n > f.last) refuse(f, part);
    return *n;
  }
  for (unsigned i = 0; i < f.names.size() && f.names[i] != nullptr; ++i) {
    const std::string_view full = f.names[i];
    if (text::iequals(text, full) || text::iequals(text, full.substr(0, 3))) return f.first + i;
  }
  refuse(f, part);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

// The part of a list before its step: from `from` to `to`, past the largest value if `to` is less.
struct span_of_values {
  unsigned from;
  unsigned to;
  bool single;  // 5, or H: a step begins there
  bool hashed;
};

// H, H(0-29): the values from which the name of the job chooses.
std::optional<span_of_values> hashed_span(const field& f, std::string_view text,
                                          std::string_view part) {
  if (text == "H" || text == "h") return span_of_values{f.first, f.last_hashed, true, true};
  if (text.size() < 3 || text::lower(text[0]) != 'h' || text[1] != '(' || text.back() != ')')
    return std::nullopt;
  const std::string_view inside = text.substr(2, text.size() - 3);
  const std::size_t dash = inside.find('-');
  if (dash == std::string_view::npos) refuse(f, part);
  const unsigned from = value(f, inside.substr(0, dash), part);
  const unsigned to = value(f, inside.substr(dash + 1), part);
  if (to < from) refuse(f, part, "H needs the smaller value first, as in H(0-29)");
  return span_of_values{from, to, true, true};
}

span_of_values parse_span(const field& f, std::string_view text, std::string_view part) {
  // As 7, Sunday would count twice.
  const unsigned last = f.kind == field_kind::weekday ? 6 : f.last;
  if (text == "*") return {f.first, last, false, false};
  if (const auto hashed = hashed_span(f, text, part)) return *hashed;
  const std::size_t dash = text.find('-');
  const unsigned from = value(f, text.substr(0, dash), part);
  if (dash == std::string_view::npos) return {from, last, true, false};
  return {from, value(f, text.substr(dash + 1), part), false, false};
}

unsigned parse_step(const field& f, std::string_view text, std::string_view part) {
  const auto step = number(text);
  if (!step || *step == 0 || *step > f.last) refuse(f, part);
  return *step;
}

// *, 5, 1-5, */10, 10-30/5, 5/10 (from 5 on), 22-2, H, H/15, H(0-29)/10.
void add_part(const field& f, std::string_view part, std::string_view name,
              std::bitset<60>& into) {
  const std::size_t slash = part.find('/');
  const bool stepped = slash != std::string_view::npos;
  span_of_values span = parse_span(f, part.substr(0, slash), part);
  const unsigned step = stepped ? parse_step(f, part.substr(slash + 1), part) : 1;
  if (span.hashed) {
    const unsigned choices = span.to - span.from + 1;
    const unsigned range = stepped ? std::min(step, choices) : choices;
    const std::uint64_t chosen = stable_hash(std::string(name) + '\0' + f.name) % range;
    span.from += static_cast<unsigned>(chosen);
  }
  if (span.single && !stepped) span.to = span.from;
  const unsigned count = f.kind == field_kind::weekday ? 7 : f.last - f.first + 1;
  if (span.to < span.from) span.to += count;
  for (unsigned i = span.from; i <= span.to; i += step)
    into.set(f.first + (i - f.first) % count);
}

bool begins_open(std::string_view text) { return text.starts_with('*') || text == "?"; }

// A ? is a * that stands alone.
std::vector<std::string_view> parts_of(std::string_view text) {
  if (text == "?") return {"*"};
  return split(text, ',');
}

// L, L-3, LW, 15W.
bool add_special_day(const field& f, std::string_view part, day_rule& into) {
  const std::string upper = text::upper(part);
  if (upper == "L") {
    into.before_last.set(0);
  } else if (upper == "LW") {
    into.last_workday = true;
  } else if (upper.starts_with("L-")) {
    const auto before = number(std::string_view(upper).substr(2));
    if (!before || *before == 0 || *before > 30) refuse(f, part, "L-1 to L-30 are days");
    into.before_last.set(*before);
  } else if (upper.size() > 1 && upper.back() == 'W') {
    const auto day = number(std::string_view(upper).substr(0, upper.size() - 1));
    if (!day || *day < 1 || *day > 31) refuse(f, part, "1W to 31W and LW are workdays");
    into.nearest_workdays.set(*day);
  } else {
    return false;
  }
  return true;
}

// fri#2, 5L, L5.
bool add_special_weekday(const field& f, std::string_view part, day_rule& into) {
  const std::size_t sign = part.find('#');
  if (sign != std::string_view::npos) {
    const auto n = number(part.substr(sign + 1));
    if (!n || *n < 1 || *n > 5) refuse(f, part, "fri#1 to fri#5 are days");
    into.nth[value(f, part.substr(0, sign), part) % 7].set(*n);
    return true;
  }
  if (part == "L" || part == "l") refuse(f, part, "5L or friL is the last Friday");
  const bool before = part.size() > 1 && text::lower(part.front()) == 'l';
  // All names of days end with y or with the third letter of their short form, never with l.
  const bool after = part.size() > 1 && text::lower(part.back()) == 'l';
  if (!before && !after) return false;
  const std::string_view day = before ? part.substr(1) : part.substr(0, part.size() - 1);
  into.last.set(value(f, day, part) % 7);
  return true;
}

}  // namespace

std::bitset<60> parse_numbers(field_kind kind, std::string_view text, std::string_view name) {
  std::bitset<60> found;
  for (const std::string_view part : split(text, ',')) add_part(field_of(kind), part, name, found);
  return found;
}

void parse_days(std::string_view text, std::string_view name, day_rule& into) {
  const field& f = field_of(field_kind::day);
  std::bitset<60> found;
  for (const std::string_view part : parts_of(text))
    if (!add_special_day(f, part, into)) add_part(f, part, name, found);
  into.numbers = month_days(found.to_ullong());
  into.any_number = begins_open(text);
}

void parse_weekdays(std::string_view text, std::string_view name, day_rule& into) {
  const field& f = field_of(field_kind::weekday);
  std::bitset<60> found;
  for (const std::string_view part : parts_of(text))
    if (!add_special_weekday(f, part, into)) add_part(f, part, name, found);
  into.weekdays = std::bitset<7>(found.to_ullong());
  into.any_weekday = begins_open(text);
}

}  // namespace tenure::cron
