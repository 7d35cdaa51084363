#include "agent/render/entries.hpp"

#include <tenure/toolkit/base64.hpp>

namespace tenure::agent {

void write_entry(text::json_writer& json, const kv_fields& entry, value_part part) {
  json.begin_object();
  json.key("LockIndex").value(entry.lock_index);
  json.key("Key").value(entry.key);
  json.key("Flags").value(entry.flags);
  json.key("Value");
  if (part == value_part::included && !entry.value.empty()) {
    json.value(text::base64_encode(entry.value));
  } else {
    json.null();
  }
  if (!entry.session.empty()) json.key("Session").value(entry.session);
  json.key("CreateIndex").value(entry.create_index);
  json.key("ModifyIndex").value(entry.modify_index);
  json.end_object();
}

void write_session(text::json_writer& json, const session_entry& session) {
  json.begin_object();
  json.key("ID").value(session.id);
  json.key("Name").value(session.name);
  json.key("Node").value(session.node);
  json.key("LockDelay").value(session.lock_delay_ns);
  json.key("Behavior").value(session.behavior);
  json.key("TTL").value(session.ttl);
  json.key("NodeChecks");
  if (session.node_checks) {
    write_strings(json, *session.node_checks);
  } else {
    json.null();
  }
  json.key("ServiceChecks");
  if (session.service_checks) {
    json.begin_array();
    for (const service_check& check : *session.service_checks) {
      json.begin_object().key("ID").value(check.id);
      json.key("Namespace").value(check.name_space).end_object();
    }
    json.end_array();
  } else {
    json.null();
  }
  if (!session.checks.empty()) {
    json.key("Checks");
    write_strings(json, session.checks);
  }
  json.key("CreateIndex").value(session.create_index);
  json.key("ModifyIndex").value(session.create_index);
  json.end_object();
}

void write_strings(text::json_writer& json, const std::vector<std::string>& texts) {
  json.begin_array();
  for (const std::string& text : texts) json.value(text);
  json.end_array();
}

}  // namespace tenure::agent
