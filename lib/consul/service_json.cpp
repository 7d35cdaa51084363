#include "consul/service_json.hpp"

#include <simdjson.h>

#include <algorithm>
#include <string_view>
#include <tenure/toolkit/json_writer.hpp>

#include "consul/json_text.hpp"

namespace tenure::consul {

namespace ondemand = simdjson::ondemand;

namespace {

// Fields that an agent returns and does not accept.
bool read_only(std::string_view name) {
  return name == "ContentHash" || name == "Datacenter" || name == "CreateIndex" ||
         name == "ModifyIndex" || name == "PeerName";
}

std::string_view trimmed(std::string_view text) {
  const std::size_t end = text.find_last_not_of(" \t\r\n");
  return text.substr(0, end == std::string_view::npos ? 0 : end + 1);
}

// The text of a value, to the last digit.
std::string raw(ondemand::value value) {
  switch (ondemand::json_type(value.type())) {
    case ondemand::json_type::object: {
      ondemand::object object = value.get_object();
      return std::string(trimmed(object.raw_json()));
    }
    case ondemand::json_type::array: {
      ondemand::array array = value.get_array();
      return std::string(trimmed(array.raw_json()));
    }
    default:
      return std::string(trimmed(value.raw_json_token()));
  }
}

void read_tags(ondemand::value value, agent_service& made) {
  if (value.is_null()) return;
  for (auto tag : value.get_array()) made.tags.push_back(text_of(tag.value()));
}

void read_meta(ondemand::value value, agent_service& made) {
  if (value.is_null()) return;
  for (auto field : value.get_object()) {
    std::string name(std::string_view(field.unescaped_key()));
    made.meta.emplace_back(std::move(name), text_of(field.value()));
  }
}

// All or nothing: throws simdjson_error where a field has not the form that it must have.
agent_service read_service(ondemand::object object) {
  agent_service made;
  for (auto field : object) {
    const std::string name(std::string_view(field.unescaped_key()));
    ondemand::value value = field.value();
    if (name == "ID") {
      made.id = text_of(value);
    } else if (name == "Service") {
      made.name = text_of(value);
    } else if (name == "ContentHash") {
      made.hash = text_of(value);
    } else if (name == "Tags") {
      read_tags(value, made);
    } else if (name == "Meta") {
      read_meta(value, made);
    } else if (!read_only(name)) {
      std::string json = raw(value);
      if (name == "Kind" && json.size() > 2) made.kind = json.substr(1, json.size() - 2);
      if (name == "EnableTagOverride") made.tags_overridable = json == "true";
      made.others.emplace_back(name, std::move(json));
    }
  }
  if (made.id.empty() || made.name.empty())
    throw simdjson::simdjson_error(simdjson::NO_SUCH_FIELD);
  return made;
}

service_health::state state_of(std::string_view text) {
  using state = service_health::state;
  if (text == "passing") return state::passing;
  if (text == "warning") return state::warning;
  if (text == "critical") return state::critical;
  if (text == "maintenance") return state::maintenance;
  throw simdjson::simdjson_error(simdjson::INCORRECT_TYPE);
}

// The name of a check that is critical; nothing for another one.
std::optional<std::string> failing_check(ondemand::object check) {
  std::string name;
  bool critical = false;
  for (auto field : check) {
    const std::string key(std::string_view(field.unescaped_key()));
    if (key == "Name") name = text_of(field.value());
    if (key == "Status") critical = text_of(field.value()) == "critical";
  }
  return critical ? std::optional(std::move(name)) : std::nullopt;
}

void read_failing(ondemand::value value, service_health& made) {
  if (value.is_null()) return;
  for (auto check : value.get_array()) {
    if (auto name = failing_check(check.get_object())) made.failing.push_back(std::move(*name));
  }
}

// What `read` makes of the document; nothing where simdjson, or a reader above, throws.
template <class Read>
auto read_document(const std::string& json, Read read)
    -> std::optional<decltype(read(std::declval<ondemand::document&>()))> {
  try {
    const simdjson::padded_string padded(json);
    ondemand::parser parser;
    ondemand::document document = parser.iterate(padded);
    return read(document);
  } catch (const simdjson::simdjson_error&) {
    return std::nullopt;
  }
}

}  // namespace

std::optional<agent_service> parse_service(const std::string& json) {
  return read_document(json, [](ondemand::document& document) {
    return read_service(document.get_object());
  });
}

std::optional<service_health> parse_health(const std::string& json) {
  return read_document(json, [](ondemand::document& document) {
    service_health made;
    bool known = false;
    for (auto field : document.get_object()) {
      const std::string name(std::string_view(field.unescaped_key()));
      ondemand::value value = field.value();
      if (name == "AggregatedStatus") {
        made.now = state_of(text_of(value));
        known = true;
      } else if (name == "Checks") {
        read_failing(value, made);
      }
    }
    if (!known) throw simdjson::simdjson_error(simdjson::NO_SUCH_FIELD);
    return made;
  });
}

std::optional<std::vector<agent_service>> parse_services(const std::string& json) {
  return read_document(json, [](ondemand::document& document) {
    std::vector<agent_service> all;
    for (auto field : document.get_object())
      all.push_back(read_service(field.value().get_object()));
    std::ranges::sort(all, {}, &agent_service::id);
    return all;
  });
}

}  // namespace tenure::consul

namespace tenure {

std::string agent_service::registration(const std::set<std::string>& refused) const {
  text::json_writer body;
  body.begin_object().key("ID").value(id).key("Name").value(name).key("Tags").begin_array();
  for (const std::string& tag : tags) body.value(tag);
  body.end_array().key("Meta").begin_object();
  for (const auto& [key, value] : meta) body.key(key).value(value);
  body.end_object();
  for (const auto& [key, json] : others)
    if (refused.count(key) == 0) body.key(key).raw(json);
  body.end_object();
  return body.take();
}

}  // namespace tenure
