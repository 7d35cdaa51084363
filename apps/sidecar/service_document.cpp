#include "sidecar/service_document.hpp"

#include <simdjson.h>

#include <algorithm>
#include <string_view>

#include "wire/json_writer.hpp"

namespace tenure::sidecar {

namespace ondemand = simdjson::ondemand;

namespace {

constexpr const char* session_key = "session";

// What an agent tells and does not take.
bool told_only(std::string_view name) {
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

std::string text_of(ondemand::value value) {
  return std::string(std::string_view(value.get_string()));
}

}  // namespace

// All or nothing: whatever is not as it must be throws simdjson_error.
class service_reader {
 public:
  static service_document read(ondemand::object object) {
    service_document made;
    for (auto field : object) {
      const std::string name(std::string_view(field.unescaped_key()));
      ondemand::value value = field.value();
      if (name == "ID") {
        made.id_ = text_of(value);
      } else if (name == "Service") {
        made.name_ = text_of(value);
      } else if (name == "ContentHash") {
        made.hash_ = text_of(value);
      } else if (name == "Tags") {
        read_tags(value, made);
      } else if (name == "Meta") {
        read_meta(value, made);
      } else if (!told_only(name)) {
        std::string json = raw(value);
        if (name == "Kind" && json.size() > 2) made.kind_ = json.substr(1, json.size() - 2);
        if (name == "EnableTagOverride") made.tags_overridable_ = json == "true";
        made.others_.emplace_back(name, std::move(json));
      }
    }
    if (made.id_.empty() || made.name_.empty())
      throw simdjson::simdjson_error(simdjson::NO_SUCH_FIELD);
    return made;
  }

 private:
  static void read_tags(ondemand::value value, service_document& made) {
    if (value.is_null()) return;
    for (auto tag : value.get_array()) made.tags_.push_back(text_of(tag.value()));
  }
  static void read_meta(ondemand::value value, service_document& made) {
    if (value.is_null()) return;
    for (auto field : value.get_object()) {
      std::string name(std::string_view(field.unescaped_key()));
      made.meta_.emplace_back(std::move(name), text_of(field.value()));
    }
  }
};

std::optional<service_document> service_document::parse(const std::string& json) {
  try {
    const simdjson::padded_string padded(json);
    ondemand::parser parser;
    ondemand::document document = parser.iterate(padded);
    return service_reader::read(document.get_object());
  } catch (const simdjson::simdjson_error&) {
    return std::nullopt;
  }
}

std::optional<std::vector<service_document>> service_document::parse_all(const std::string& json) {
  std::vector<service_document> all;
  try {
    const simdjson::padded_string padded(json);
    ondemand::parser parser;
    ondemand::document document = parser.iterate(padded);
    for (auto field : document.get_object())
      all.push_back(service_reader::read(field.value().get_object()));
  } catch (const simdjson::simdjson_error&) {
    return std::nullopt;
  }
  std::sort(all.begin(), all.end(), [](const service_document& a, const service_document& b) {
    return a.id_ < b.id_;
  });
  return all;
}

std::optional<std::string> service_document::registration(
    const service_marks& marks, const service_labels& labels,
    const std::set<std::string>& refused) const {
  std::vector<std::string> tags = tags_;
  const std::string& wanted = marks.leading ? labels.primary : labels.replica;
  const std::string& unwanted = marks.leading ? labels.replica : labels.primary;
  if (!unwanted.empty()) std::erase(tags, unwanted);
  if (!wanted.empty() && std::find(tags.begin(), tags.end(), wanted) == tags.end())
    tags.push_back(wanted);

  auto meta = meta_;
  const auto session = std::find_if(meta.begin(), meta.end(),
                                    [](const auto& m) { return m.first == session_key; });
  if (marks.session.empty()) {
    if (session != meta.end()) meta.erase(session);
  } else if (session != meta.end()) {
    session->second = marks.session;
  } else {
    meta.emplace_back(session_key, marks.session);
  }
  if (tags == tags_ && meta == meta_) return std::nullopt;

  wire::json_writer body;
  body.begin_object().key("ID").value(id_).key("Name").value(name_).key("Tags").begin_array();
  for (const std::string& tag : tags) body.value(tag);
  body.end_array().key("Meta").begin_object();
  for (const auto& [name, value] : meta) body.key(name).value(value);
  body.end_object();
  for (const auto& [name, json] : others_)
    if (refused.count(name) == 0) body.key(name).raw(json);
  body.end_object();
  return body.take();
}

}  // namespace tenure::sidecar
