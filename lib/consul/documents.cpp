#include "consul/documents.hpp"

#include <simdjson.h>

#include <tenure/toolkit/json_writer.hpp>
#include <utility>

namespace tenure::consul {
namespace {

namespace ondemand = simdjson::ondemand;

/// Reads all of `text` by `read`; false if it is not JSON, or if `read` returns false or throws. A
/// parser for each document is cheap enough: these change rarely.
template <class Read>
bool read_whole(std::string& text, Read read) noexcept {
  try {
    text.reserve(text.size() + simdjson::SIMDJSON_PADDING);
    ondemand::parser parser;
    ondemand::document document =
        parser.iterate(simdjson::padded_string_view(text.data(), text.size(), text.capacity()));
    return read(document) && document.current_location().error() == simdjson::OUT_OF_BOUNDS;
  } catch (const simdjson::simdjson_error&) {
    return false;
  }
}

}  // namespace

std::optional<settings_document> parse_settings(std::string text) {
  settings_document values;
  if (text.empty()) return values;
  const bool good = read_whole(text, [&](ondemand::document& document) {
    for (auto field : document.get_object()) {
      const std::string name(std::string_view(field.unescaped_key()));
      const std::string_view value = field.value().get_string();
      if (!values.emplace(name, value).second) return false;
    }
    return true;
  });
  if (!good) return std::nullopt;
  return values;
}

std::string settings_text(const settings_document& values) {
  text::json_writer json;
  json.begin_object();
  for (const auto& [name, value] : values) json.key(name).value(value);
  json.end_object();
  return json.take();
}

bool merge_settings(const settings_document& changes, settings_document& values) {
  bool changed = false;
  for (const auto& [name, value] : changes) {
    if (value.empty()) {
      changed |= values.erase(name) > 0;
    } else if (std::string& stored = values[name]; stored != value) {
      stored = value;
      changed = true;
    }
  }
  return changed;
}

std::optional<semaphore_document> parse_semaphore(std::string text) {
  semaphore_document lock;
  if (text.empty()) return lock;
  const bool good = read_whole(text, [&](ondemand::document& document) {
    bool limited = false;
    for (auto field : document.get_object()) {
      const std::string name(std::string_view(field.unescaped_key()));
      ondemand::value value = field.value();
      if (name == "Limit") {
        lock.limit = value.get_uint64();
        limited = true;
      } else if (name == "Holders" && !value.is_null()) {
        for (auto holder : value.get_object()) {
          lock.holders.emplace(std::string_view(holder.unescaped_key()));
          // consul/api ignores the value.
          static_cast<void>(bool(holder.value().get_bool()));
        }
      }
    }
    return limited;
  });
  if (!good) return std::nullopt;
  return lock;
}

std::string semaphore_text(const semaphore_document& document) {
  text::json_writer json;
  json.begin_object();
  json.key("Limit").value(document.limit);
  json.key("Holders").begin_object();
  for (const std::string& session : document.holders) json.key(session).value(true);
  json.end_object();
  json.end_object();
  return json.take();
}

}  // namespace tenure::consul
