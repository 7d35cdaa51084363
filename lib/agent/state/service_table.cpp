#include "agent/state/service_table.hpp"

#include <utility>

namespace tenure::agent {

const service_fields* service_table::find_service(std::string_view id) const noexcept {
  const auto found = services_.find(id);
  return found != services_.end() ? &found->second : nullptr;
}

check_entry* service_table::find_check(std::string_view id) noexcept {
  const auto found = checks_.find(id);
  return found != checks_.end() ? &found->second : nullptr;
}

std::vector<check_entry*> service_table::checks_of(std::string_view service_id) {
  std::vector<check_entry*> found;
  for (auto& [id, check] : checks_) {
    if (check.service_id == service_id) found.push_back(&check);
  }
  return found;
}

std::vector<check_entry*> service_table::alias_checks() {
  std::vector<check_entry*> found;
  for (const std::string& id : aliases_) found.push_back(find_check(id));
  return found;
}

void service_table::put_service(service_fields wanted) {
  std::string id = wanted.id;
  services_.insert_or_assign(std::move(id), std::move(wanted));
}

check_entry& service_table::check(const std::string& id, check_owner& owner) {
  return checks_.try_emplace(id, owner).first->second;
}

void service_table::set_alias(check_entry& check, const std::string& service,
                              const std::string& node) {
  check.alias_service = service;
  check.alias_node = node;
  if (service.empty() && node.empty()) {
    aliases_.erase(check.id);
  } else {
    aliases_.insert(check.id);
  }
}

void service_table::erase_check(const std::string& id) {
  aliases_.erase(id);
  checks_.erase(id);
}

}  // namespace tenure::agent
