#include "consul/format.hpp"

#include <algorithm>
#include <cstdio>
#include <tenure/toolkit/base64.hpp>
#include <tenure/toolkit/json_writer.hpp>
#include <tenure/toolkit/percent.hpp>

#include "text/printable.hpp"
#include "text/utf8.hpp"

namespace tenure::consul {
namespace {

bool carries_value(std::string_view verb) noexcept {
  return verb == "lock" || verb == "unlock" || verb == "set" || verb == "cas";
}

std::string name_of_point(std::uint32_t code_point) {
  char name[16];
  std::snprintf(name, sizeof name, "U+%04X", static_cast<unsigned>(code_point));
  return name;
}

}  // namespace

std::string escaped_key(std::string_view key) { return text::percent_encode(key, "/"); }

std::string unaddressable(std::string_view key) {
  return key.empty() ? "the key is empty" : unaddressable_prefix(key);
}

std::string unaddressable_prefix(std::string_view key) {
  if (key.empty()) return "";
  if (key.starts_with('/')) return "a key cannot begin with a slash";
  if (!text::is_utf8(key)) return "it is not UTF-8";  // a transaction is JSON
  if (const auto odd = text::first_unprintable(key)) {
    return "Consul refuses the character " + name_of_point(*odd) + " in a key";
  }
  while (true) {
    const auto slash = key.find('/');
    const std::string_view segment = key.substr(0, slash);
    if (segment == "." || segment == "..") return "a key cannot have . or .. between slashes";
    if (slash == std::string_view::npos) return "";
    key.remove_prefix(slash + 1);
    if (key.starts_with('/')) return "a key cannot have // in it";
  }
}

std::string duration_text(duration d) {
  using namespace std::chrono;
  if (d <= duration::zero()) return "0s";
  d = std::max(d, duration(1000));
  if (d % seconds(1) == duration::zero()) return std::to_string(d / seconds(1)) + "s";
  if (d % milliseconds(1) == duration::zero()) return std::to_string(d / milliseconds(1)) + "ms";
  return std::to_string(d.count()) + "ns";
}

target::target(std::string path, const consul_config& config) : path_(std::move(path)) {
  if (!config.access().datacenter().empty()) with("dc", config.access().datacenter());
  if (!config.access().name_space().empty()) with("ns", config.access().name_space());
  if (!config.access().partition().empty()) with("partition", config.access().partition());
}

target& target::with(std::string_view name, std::string_view value) {
  with(name);
  query_ += '=';
  query_ += text::percent_encode(value);
  return *this;
}

target& target::with(std::string_view flag) {
  query_ += query_.empty() ? '?' : '&';
  query_ += flag;
  return *this;
}

target& target::with(consistency how) {
  if (how == consistency::consistent) with("consistent");
  if (how == consistency::stale) with("stale");
  return *this;
}

std::string session_body(const session_request& request, const consul_access& as) {
  text::json_writer json;
  json.begin_object();
  if (!request.name.empty()) json.key("Name").value(request.name);
  if (request.ttl > duration::zero()) json.key("TTL").value(duration_text(request.ttl));
  json.key("LockDelay").value(duration_text(request.lock_delay));
  json.key("Behavior").value(request.behavior == behavior::remove ? "delete" : "release");
  if (request.node_checks) {
    json.key("NodeChecks").begin_array();
    for (const std::string& check : *request.node_checks) json.value(check);
    json.end_array();
  }
  if (!request.service_checks.empty()) {
    json.key("ServiceChecks").begin_array();
    for (const std::string& check : request.service_checks) {
      json.begin_object().key("ID").value(check);
      if (!as.name_space().empty()) json.key("Namespace").value(as.name_space());
      json.end_object();
    }
    json.end_array();
  }
  json.end_object();
  return json.take();
}

std::string service_body(const service_registration& service) {
  text::json_writer json;
  json.begin_object();
  json.key("ID").value(service.id).key("Name").value(service.name);
  json.key("Check").begin_object();
  json.key("CheckID").value(service.check_id).key("Name").value(service.check_name);
  json.key("TTL").value(duration_text(service.ttl));
  json.key("DeregisterCriticalServiceAfter").value(duration_text(service.deregister_after));
  json.end_object().end_object();
  return json.take();
}

std::string txn_body(std::span<const txn_op> ops, const consul_access& as) {
  text::json_writer json;
  json.begin_array();
  for (const txn_op& op : ops) {
    json.begin_object().key("KV").begin_object();
    json.key("Verb").value(op.verb).key("Key").value(op.key);
    if (carries_value(op.verb)) {
      json.key("Value").value(text::base64_encode(op.value));
      if (op.flags != 0) json.key("Flags").value(op.flags);
    }
    if (op.index != 0) json.key("Index").value(op.index);
    const bool named = std::string_view(op.verb) != "check-index";  // see txn_op::check_held()
    if (named && !op.session.empty()) json.key("Session").value(op.session);
    if (!as.name_space().empty()) json.key("Namespace").value(as.name_space());
    if (!as.partition().empty()) json.key("Partition").value(as.partition());
    json.end_object().end_object();
  }
  json.end_array();
  return json.take();
}

}  // namespace tenure::consul
