#include "agent/state/catalog.hpp"

#include <algorithm>
#include <utility>

#include "agent/go/text.hpp"

namespace tenure::agent {
namespace {

/// A shorter name cannot be the start of an id. Consul then does not look for one.
constexpr std::size_t shortest_id_lookup = 2;

}  // namespace

std::vector<const catalog_check*> catalog_node::checks_of(std::string_view service_id) const {
  std::vector<const catalog_check*> found;
  for (const auto& [id, check] : checks) {
    if (check.service_id == service_id) found.push_back(&check);
  }
  return found;
}

const catalog_node* catalog::find(std::string_view name) const noexcept {
  const auto found = nodes_.find(name);
  return found != nodes_.end() ? &found->second : nullptr;
}

catalog_node* catalog::change(std::string_view name) noexcept {
  const auto found = nodes_.find(name);
  return found != nodes_.end() ? &found->second : nullptr;
}

const catalog_node* catalog::find_by_id(std::string_view id) const noexcept {
  if (id.empty()) return nullptr;
  const auto found = std::find_if(nodes_.begin(), nodes_.end(), [id](const auto& entry) {
    return same_name(entry.second.id, id);
  });
  return found != nodes_.end() ? &found->second : nullptr;
}

const service_entry* catalog::find_service(std::string_view node,
                                           std::string_view id) const noexcept {
  const catalog_node* on = find(node);
  if (on == nullptr) return nullptr;
  const auto found = on->services.find(id);
  return found != on->services.end() ? &found->second : nullptr;
}

const catalog_check* catalog::find_check(std::string_view node,
                                         std::string_view id) const noexcept {
  const catalog_node* on = find(node);
  if (on == nullptr) return nullptr;
  const auto found = on->checks.find(id);
  return found != on->checks.end() ? &found->second : nullptr;
}

bool catalog::has_service_named(std::string_view name) const noexcept {
  return std::any_of(nodes_.begin(), nodes_.end(), [name](const auto& node) {
    const auto& services = node.second.services;
    return std::any_of(services.begin(), services.end(), [name](const auto& service) {
      return same_name(service.second.name, name);
    });
  });
}

std::string catalog::name_conflict(const node_fields& wanted, bool allow_without_id) const {
  const catalog_node* other = find(wanted.name);
  if (other == nullptr || other->id == wanted.id) return {};
  if (other->id.empty() && allow_without_id) return {};
  const catalog_check* health = find_check(other->name, node_health().id);
  if (health == nullptr || health->critical()) return {};
  return "Node name " + wanted.name + " is reserved by node " + other->id + " with name " +
         other->name + " (" + other->address + ")";
}

std::string catalog::put_node(std::uint64_t index, node_fields wanted) {
  std::uint64_t created = index;
  const catalog_node* of_id = find_by_id(wanted.id);
  if (of_id != nullptr && !same_name(of_id->name, wanted.name)) {
    const std::string conflict = name_conflict(wanted, false);
    if (!conflict.empty()) {
      return "failed inserting node: Error while renaming Node ID: " + go_quote(wanted.id) + " (" +
             wanted.address + "): " + conflict;
    }
    created = of_id->create_index;
    erase_node(index, std::string(of_id->name));
  } else if (of_id == nullptr && !wanted.id.empty()) {
    const std::string conflict = name_conflict(wanted, true);
    if (!conflict.empty()) {
      return "failed inserting node: Error while renaming Node ID: " + go_quote(wanted.id) + ": " +
             conflict;
    }
  }
  const std::string name = wanted.name;
  catalog_node& node = nodes_[name];
  const bool fresh = node.create_index == 0;
  if (!fresh && static_cast<const node_fields&>(node) == wanted) return {};
  static_cast<node_fields&>(node) = std::move(wanted);
  if (fresh) node.create_index = created;
  node.modify_index = index;
  node.index = index;
  indexes_.nodes = index;
  touch_services_of(index, node);
  return {};
}

void catalog::erase_node(std::uint64_t index, std::string_view name) {
  const auto found = nodes_.find(name);
  if (found == nodes_.end()) return;
  catalog_node& node = found->second;
  while (!node.services.empty()) {
    erase_service(index, node.name, std::string(node.services.begin()->first));
  }
  while (!node.checks.empty()) {
    erase_check(index, node.name, std::string(node.checks.begin()->first));
  }
  const std::string gone = node.name;
  nodes_.erase(found);
  indexes_.nodes = index;
  indexes_.last_node_extinction = index;
  woken_.take(watchers_);
  listener_.node_gone(index, gone);
}

void catalog::put_service(std::uint64_t index, std::string_view node, service_fields wanted) {
  catalog_node* on = change(node);
  if (on == nullptr) return;
  service_entry& entry = on->services[wanted.id];
  const bool fresh = entry.create_index == 0;
  if (!fresh && static_cast<const service_fields&>(entry) == wanted) return;
  const std::string former = entry.name;
  static_cast<service_fields&>(entry) = std::move(wanted);
  if (fresh) entry.create_index = index;
  entry.modify_index = index;
  indexes_.services = index;
  touch(index, entry.name);
  touch_node(index, *on);
  if (!fresh) forget_name(index, former);
}

void catalog::erase_service(std::uint64_t index, std::string_view node, std::string_view id) {
  catalog_node* on = change(node);
  if (on == nullptr) return;
  const auto found = on->services.find(id);
  if (found == on->services.end()) return;
  for (const catalog_check* check : on->checks_of(found->second.id)) {
    erase_check(index, node, std::string(check->id));
  }
  const std::string name = found->second.name;
  on->services.erase(found);
  indexes_.services = index;
  touch(index, name);
  touch_node(index, *on);
  forget_name(index, name);
}

void catalog::put_check(std::uint64_t index, std::string_view node, check_fields wanted) {
  catalog_node* on = change(node);
  if (on == nullptr) return;
  if (const service_entry* service = find_service(node, wanted.service_id)) {
    wanted.service_name = service->name;
    wanted.service_tags = service->tags;
  }
  const std::string id = wanted.id;
  catalog_check& entry = on->checks[id];
  const bool fresh = entry.create_index == 0;
  if (!fresh && static_cast<const check_fields&>(entry) == wanted) return;
  static_cast<check_fields&>(entry) = std::move(wanted);
  if (fresh) entry.create_index = index;
  entry.modify_index = index;
  indexes_.checks = index;
  if (entry.service_id.empty()) {
    touch_services_of(index, *on);
  } else {
    touch(index, entry.service_name);
  }
  if (entry.critical()) listener_.check_failed(index, on->name, id);
}

void catalog::erase_check(std::uint64_t index, std::string_view node, std::string_view id) {
  catalog_node* on = change(node);
  if (on == nullptr) return;
  const auto found = on->checks.find(id);
  if (found == on->checks.end()) return;
  const catalog_check gone = std::move(found->second);
  on->checks.erase(found);
  indexes_.checks = index;
  if (gone.service_id.empty()) {
    touch_services_of(index, *on);
  } else {
    touch(index, gone.service_name);
  }
  listener_.check_failed(index, on->name, gone.id);
}

void catalog::put_coordinate(std::uint64_t index, std::string_view node,
                             const std::string& segment, std::string json) {
  catalog_node* on = change(node);
  if (on == nullptr) return;
  on->coordinates[segment] = std::move(json);
  indexes_.coordinates = index;
  woken_.take(watchers_);
}

std::uint64_t catalog::index_of(std::string_view service) const noexcept {
  const auto found = service_indexes_.find(service);
  return found != service_indexes_.end() ? found->second : indexes_.last_extinction;
}

std::uint64_t catalog::index_of_node(std::string_view name) const noexcept {
  const catalog_node* node = find(name);
  if (!traits_.nodes_have_indexes) {
    return node != nullptr ? std::max(indexes_.nodes, indexes_.services) : 0;
  }
  if (node != nullptr) return node->index;
  return name.size() < shortest_id_lookup ? 0 : indexes_.last_node_extinction;
}

void catalog::touch(std::uint64_t index, std::string_view service) {
  service_indexes_.insert_or_assign(std::string(service), index);
  woken_.take(watchers_);
}

void catalog::touch_services_of(std::uint64_t index, const catalog_node& node) {
  for (const auto& [id, service] : node.services) touch(index, service.name);
  woken_.take(watchers_);
}

void catalog::touch_node(std::uint64_t index, catalog_node& node) {
  if (!traits_.nodes_have_indexes) return;
  node.index = index;
  indexes_.nodes = index;
}

void catalog::forget_name(std::uint64_t index, const std::string& service) {
  if (has_service_named(service)) return;
  service_indexes_.erase(service);
  indexes_.last_extinction = index;
}

}  // namespace tenure::agent
