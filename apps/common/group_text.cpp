#include "common/group_text.hpp"

#include <tenure/toolkit/json_writer.hpp>

#include "common/json.hpp"
#include "common/text_table.hpp"

namespace tenure::apps {
namespace {

std::string labels_of(const group_member_status& m) {
  std::string text;
  for (const auto& [name, value] : m.labels) {
    text += (text.empty() ? "" : ",") + one_line(name) + '=' + one_line(value);
  }
  return text.empty() ? "-" : text;
}

void write(text::json_writer& json, const group_member_status& m) {
  json.begin_object().key("name").value(m.name).key("session").value(m.session);
  json.key("value").value(m.value).key("state").value(state_of(m));
  json.key("weight").value(std::uint64_t{m.weight}).key("capacity");
  if (m.capacity) {
    json.value(std::uint64_t{*m.capacity});
  } else {
    json.null();
  }
  json.key("share").value(std::uint64_t{m.share}).key("leads").value(std::uint64_t{m.leads});
  json.key("gives").value(std::uint64_t{m.gives}).key("gets").value(std::uint64_t{m.gets});
  json.key("entered").value(std::uint64_t{m.entered}).key("labels").begin_object();
  for (const auto& [name, value] : m.labels) json.key(name).value(value);
  json.end_object().end_object();
}

}  // namespace

const char* state_of(const group_member_status& member) noexcept {
  if (member.leaving) return "leaving";
  if (member.draining) return member.leads == 0 && member.idle ? "drained" : "draining";
  return member.settled ? "settled" : "joining";
}

std::string to_json(const std::vector<group_member_status>& members) {
  text::json_writer json;
  json.begin_array();
  for (const group_member_status& m : members) write(json, m);
  return json.end_array().take();
}

std::string to_json(const group_report& group) {
  text::json_writer json;
  json.begin_object().key("group").value(group.prefix);
  json.key("elections").value(std::uint64_t{group.elections});
  json.key("free").value(std::uint64_t{group.free});
  json.key("foreign").value(std::uint64_t{group.strangers});
  json.key("members").raw(to_json(group.members)).key("drained").begin_array();
  for (const std::string& name : group.drained) json.value(name);
  json.end_array().key("pins").begin_object();
  for (const group_pin& pin : group.pins) json.key(pin.key).value(pin.member);
  return json.end_object().end_object().take();
}

std::vector<std::string> to_lines(const group_report& group) {
  std::vector<table_row> rows{{"MEMBER", "WEIGHT", "CAPACITY", "STATE", "SHARE", "LEADS", "GIVES",
                               "GETS", "LABELS"}};
  for (const group_member_status& m : group.members) {
    rows.push_back({one_line(m.name), std::to_string(m.weight),
                    m.capacity ? std::to_string(*m.capacity) : "-", state_of(m),
                    std::to_string(m.share), std::to_string(m.leads), std::to_string(m.gives),
                    std::to_string(m.gets), labels_of(m)});
  }
  std::vector<std::string> lines = aligned(rows);
  lines.push_back(std::to_string(group.elections) +
                  (group.elections == 1 ? " election: " : " elections: ") +
                  std::to_string(group.free) +
                  " free, " + std::to_string(group.strangers) + " held by no member");
  for (const std::string& name : group.drained) lines.push_back("drained: " + one_line(name));
  for (const group_pin& pin : group.pins) {
    lines.push_back("pinned: " + one_line(pin.key) + " to " + one_line(pin.member));
  }
  return lines;
}

}  // namespace tenure::apps
