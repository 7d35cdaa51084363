#include "sidecar/consul_service/marks.hpp"

#include <algorithm>
#include <vector>

namespace tenure::sidecar {
namespace {

constexpr const char* session_key = "session";

void set_label(std::vector<std::string>& tags, bool leading, const service_labels& labels) {
  const std::string& wanted = leading ? labels.primary : labels.replica;
  const std::string& unwanted = leading ? labels.replica : labels.primary;
  if (!unwanted.empty()) std::erase(tags, unwanted);
  if (!wanted.empty() && std::ranges::find(tags, wanted) == tags.end()) tags.push_back(wanted);
}

void set_session(agent_service::named_texts& meta, const std::string& session) {
  const auto old = std::ranges::find_if(meta, [](const auto& m) { return m.first == session_key; });
  if (session.empty()) {
    if (old != meta.end()) meta.erase(old);
  } else if (old != meta.end()) {
    old->second = session;
  } else {
    meta.emplace_back(session_key, session);
  }
}

agent_service marked_with(const service_marks& marks, const service_labels& labels,
                          agent_service service) {
  set_label(service.tags, marks.leading, labels);
  if (labels.meta == meta_use::session) set_session(service.meta, marks.session);
  return service;
}

}  // namespace

bool has_label(const agent_service& service, const service_marks& marks,
               const service_labels& labels) {
  return marked_with(marks, labels, service).tags == service.tags;
}

bool has_session(const agent_service& service, const service_marks& marks,
                 const service_labels& labels) {
  return marked_with(marks, labels, service).meta == service.meta;
}

std::optional<std::string> registration(const agent_service& service,
                                        const service_marks& marks, const service_labels& labels,
                                        const std::set<std::string>& refused) {
  const agent_service marked = marked_with(marks, labels, service);
  if (marked.tags == service.tags && marked.meta == service.meta) return std::nullopt;
  return marked.registration(refused);
}

}  // namespace tenure::sidecar
