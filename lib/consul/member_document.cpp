#include "consul/member_document.hpp"

#include <simdjson.h>

#include <charconv>
#include <string_view>
#include <tenure/candidacy.hpp>
#include <tenure/toolkit/base64.hpp>
#include <tenure/toolkit/json_writer.hpp>
#include <utility>

#include "consul/json_text.hpp"
#include "text/hex.hpp"
#include "text/utf8.hpp"

namespace tenure::consul {
namespace {

namespace ondemand = simdjson::ondemand;

// A later format means that readers of this one would misread it. New fields alone do not.
constexpr std::uint64_t this_format = 1;
constexpr std::size_t most_name = 255;

class malformed_member {};

std::uint32_t number_of(ondemand::value value, std::uint32_t most) {
  const std::uint64_t number = value.get_uint64();
  if (number > most) throw malformed_member();
  return static_cast<std::uint32_t>(number);
}

// A string, because many readers of JSON keep only 53 bits of a number.
std::uint64_t digest_of(ondemand::value value) {
  const std::string_view digits = value.get_string();
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.begin(), digits.end(), number, 16);
  if (error != std::errc() || end != digits.end()) throw malformed_member();
  return number;
}

void read_elections(ondemand::object object, core::group_member& member) {
  for (auto field : object) {
    const std::string name(std::string_view(field.unescaped_key()));
    ondemand::value value = field.value();
    if (name == "count") member.entered.count = value.get_uint64();
    if (name == "digest") member.entered.digest = digest_of(value);
    if (name == "leads_outside") member.leads_outside = value.get_uint64();
  }
}

void read_field(const std::string& name, ondemand::value value, core::group_member& member) {
  if (name == "format") {
    if (std::uint64_t(value.get_uint64()) > this_format) throw malformed_member();
  } else if (name == "name") {
    member.name = text_of(value);
  } else if (name == "value") {
    member.value = text_of(value);
  } else if (name == "value_base64") {
    auto bytes = text::base64_decode(std::string_view(value.get_string()));
    if (!bytes) throw malformed_member();
    member.value = std::move(*bytes);
  } else if (name == "weight") {
    member.weight = number_of(value, core::most_weight);
  } else if (name == "capacity") {
    member.capacity = number_of(value, core::no_limit);
  } else if (name == "labels") {
    for (auto label : value.get_object()) {
      std::string of(std::string_view(label.unescaped_key()));
      member.labels[std::move(of)] = text_of(label.value());
    }
  } else if (name == "leaving") {
    member.leaving = value.get_bool();
  } else if (name == "settled") {
    member.settled = value.get_bool();
  } else if (name == "idle") {
    member.idle = value.get_bool();
  } else if (name == "elections") {
    read_elections(value.get_object(), member);
  }
}

core::group_member read_member(ondemand::document& document) {
  core::group_member member;
  member.idle = true;  // version 0.2.0 does not write the field: the list of elections decides
  for (auto field : document.get_object()) {
    const std::string name(std::string_view(field.unescaped_key()));
    read_field(name, field.value(), member);
  }
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) throw malformed_member();
  const bool named = !member.name.empty() && member.name.size() <= most_name;
  const bool valued = !member.value.empty() && member.value.size() <= candidacy::most_value;
  if (!named || !valued) throw malformed_member();
  return member;
}

}  // namespace

std::optional<core::group_member> parse_member(std::string text) {
  try {
    text.reserve(text.size() + simdjson::SIMDJSON_PADDING);
    ondemand::parser parser;
    ondemand::document document =
        parser.iterate(simdjson::padded_string_view(text.data(), text.size(), text.capacity()));
    return read_member(document);
  } catch (const simdjson::simdjson_error&) {
  } catch (const malformed_member&) {
  }
  return std::nullopt;
}

std::string member_text(const core::group_member& member) {
  text::json_writer json;
  json.begin_object().key("format").value(this_format);
  json.key("name").value(member.name);
  if (text::is_utf8(member.value)) {
    json.key("value").value(member.value);
  } else {
    json.key("value_base64").value(text::base64_encode(member.value));
  }
  json.key("weight").value(std::uint64_t{member.weight});
  if (member.capacity != core::no_limit) {
    json.key("capacity").value(std::uint64_t{member.capacity});
  }
  json.key("labels").begin_object();
  for (const auto& [name, value] : member.labels) json.key(name).value(value);
  json.end_object();
  json.key("leaving").value(member.leaving).key("settled").value(member.settled);
  json.key("idle").value(member.idle);
  json.key("elections").begin_object().key("count").value(member.entered.count);
  json.key("digest").value(text::hex(member.entered.digest));
  if (member.leads_outside > 0) json.key("leads_outside").value(member.leads_outside);
  json.end_object();
  json.end_object();
  return json.take();
}

}  // namespace tenure::consul
