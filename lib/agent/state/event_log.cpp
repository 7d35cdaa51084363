#include "agent/state/event_log.hpp"

#include <tenure/toolkit/base64.hpp>
#include <utility>

#include "text/hex.hpp"

namespace tenure::agent {
namespace {

constexpr std::size_t most_events = 256;
constexpr std::uint64_t version = 1;

/// Both halves of the UUID, combined.
std::uint64_t index_from(std::string_view uuid) {
  std::uint64_t halves[2]{};
  std::size_t digits = 0;
  for (const char c : uuid) {
    if (c == '-') continue;
    std::uint64_t& half = halves[digits++ / 16 % 2];
    half = half << 4 | static_cast<std::uint64_t>(text::hex_value(c));
  }
  return halves[0] ^ halves[1];
}

}  // namespace

void user_event::write(text::json_writer& json) const {
  json.begin_object();
  json.key("ID").value(id);
  json.key("Name").value(name);
  json.key("Payload");
  if (payload.empty()) {
    json.null();
  } else {
    json.value(text::base64_encode(payload));
  }
  json.key("NodeFilter").value(node_filter);
  json.key("ServiceFilter").value(service_filter);
  json.key("TagFilter").value(tag_filter);
  json.key("Version").value(version);
  json.key("LTime").value(time);
  json.end_object();
}

void event_log::fire(user_event event, delivery how) {
  event.time = ++clock_;
  if (how == delivery::filtered_out) return;
  events_.push_back(std::move(event));
  if (events_.size() > most_events) events_.pop_front();
  woken_.take(watchers_);
}

std::string event_log::json(std::string_view name) const {
  text::json_writer json;
  json.begin_array();
  for (const user_event& event : events_) {
    if (name.empty() || event.name == name) event.write(json);
  }
  json.end_array();
  return json.take();
}

std::uint64_t event_log::index_of(std::string_view name) const {
  for (auto event = events_.rbegin(); event != events_.rend(); ++event) {
    if (name.empty() || event->name == name) return index_from(event->id);
  }
  return 1;
}

}  // namespace tenure::agent
