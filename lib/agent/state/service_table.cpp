#include "agent/state/service_table.hpp"

#include <algorithm>
#include <utility>

namespace tenure::agent {
namespace {

template <class Entry>
void sort_by_id(std::vector<const Entry*>& entries) {
  std::stable_sort(entries.begin(), entries.end(), [](const Entry* a, const Entry* b) {
    return name_order()(a->id, b->id);
  });
}

}  // namespace

service_entry* service_table::find_service(std::string_view id) noexcept {
  const auto found = services_.find(id);
  return found != services_.end() ? &found->second : nullptr;
}

check_entry* service_table::find_check(std::string_view id) noexcept {
  const auto found = checks_.find(id);
  return found != checks_.end() ? &found->second : nullptr;
}

const check_entry* service_table::shown_check(std::string_view id) const noexcept {
  if (const auto found = checks_.find(id); found != checks_.end()) return &found->second;
  const auto found = std::find_if(checks_.begin(), checks_.end(), [id](const auto& entry) {
    return same_name(entry.first, id);
  });
  return found != checks_.end() ? &found->second : nullptr;
}

std::vector<check_entry*> service_table::checks_of(std::string_view service_id) {
  std::vector<check_entry*> found;
  for (auto& [id, check] : checks_) {
    if (check.service_id == service_id) found.push_back(&check);
  }
  return found;
}

std::vector<const service_entry*> service_table::named(std::string_view name) const {
  std::vector<const service_entry*> found;
  for (const auto& [id, service] : services_) {
    if (same_name(service.name, name)) found.push_back(&service);
  }
  sort_by_id(found);
  return found;
}

std::vector<const check_entry*> service_table::shown_checks(std::string_view service_id) const {
  std::vector<const check_entry*> found;
  for (const auto& [id, check] : checks_) {
    if (check.service_id == service_id) found.push_back(&check);
  }
  sort_by_id(found);
  return found;
}

void service_table::put_service(std::uint64_t index, service_fields wanted) {
  service_entry& entry = services_[wanted.id];
  const bool fresh = entry.create_index == 0;
  if (!fresh && static_cast<const service_fields&>(entry) == wanted) return;
  const std::string former = entry.name;
  static_cast<service_fields&>(entry) = std::move(wanted);
  if (fresh) entry.create_index = index;
  entry.modify_index = index;
  services_index_ = index;
  touch(index, entry.name);
  if (!fresh && named(former).empty()) {
    indexes_.erase(former);
    last_extinction_ = index;
  }
}

void service_table::erase_service(std::uint64_t index, const std::string& id) {
  const auto found = services_.find(id);
  if (found == services_.end()) return;
  const std::string name = found->second.name;
  services_.erase(found);
  services_index_ = index;
  touch(index, name);
  if (!named(name).empty()) return;
  indexes_.erase(name);
  last_extinction_ = index;
}

check_entry& service_table::check(const std::string& id, check_owner& owner) {
  return checks_.try_emplace(id, owner).first->second;
}

bool service_table::show(std::uint64_t index, check_entry& check) {
  check_fields wanted = check;
  if (const service_entry* service = find_service(check.service_id)) {
    wanted.service_name = service->name;
    wanted.service_tags = service->tags;
  }
  const bool fresh = check.create_index == 0;
  if (!fresh && check.shown == wanted) return false;
  check.shown = std::move(wanted);
  if (fresh) check.create_index = index;
  check.modify_index = index;
  checks_index_ = index;
  if (check.service_id.empty()) {
    touch_all(index);
  } else {
    touch(index, check.shown.service_name);
  }
  return true;
}

void service_table::erase_check(std::uint64_t index, const std::string& id) {
  const auto found = checks_.find(id);
  if (found == checks_.end()) return;
  const service_entry* service = find_service(found->second.service_id);
  const bool of_node = found->second.service_id.empty();
  checks_.erase(found);
  checks_index_ = index;
  if (of_node) {
    touch_all(index);
  } else if (service != nullptr) {
    touch(index, service->name);
  }
}

std::uint64_t service_table::index_of(std::string_view name) const noexcept {
  const auto found = indexes_.find(name);
  return found != indexes_.end() ? found->second : last_extinction_;
}

void service_table::touch(std::uint64_t index, std::string_view name) {
  indexes_.insert_or_assign(std::string(name), index);
  woken_.take(watchers_);
}

void service_table::touch_all(std::uint64_t index) {
  for (auto& [name, last] : indexes_) last = index;
  woken_.take(watchers_);
}

}  // namespace tenure::agent
