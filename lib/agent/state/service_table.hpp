// The services and checks of this node, and their indexes.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "agent/state/check_entry.hpp"
#include "agent/state/names.hpp"
#include "agent/state/service_entry.hpp"
#include "agent/state/watch_list.hpp"

namespace tenure::agent {

class service_table {
 public:
  using services = std::map<std::string, service_entry, std::less<>>;
  using checks = std::map<std::string, check_entry, std::less<>>;

  /// `index`: the node's own.
  service_table(watch_list& woken, std::uint64_t index)
      : woken_(woken),
        node_index_(index),
        services_index_(index),
        checks_index_(index),
        last_extinction_(index) {}

  const services& all_services() const noexcept { return services_; }
  const checks& all_checks() const noexcept { return checks_; }
  service_entry* find_service(std::string_view id) noexcept;
  check_entry* find_check(std::string_view id) noexcept;
  /// By its id in the catalog, ignoring case.
  const check_entry* shown_check(std::string_view id) const noexcept;
  std::vector<check_entry*> checks_of(std::string_view service_id);
  /// The services of that name, in the catalog's order of ids.
  std::vector<const service_entry*> named(std::string_view name) const;
  /// The checks of a service, or with an empty id those of the node, in the catalog's order.
  std::vector<const check_entry*> shown_checks(std::string_view service_id) const;

  void put_service(std::uint64_t index, service_fields wanted);
  void erase_service(std::uint64_t index, const std::string& id);
  /// The check of that id, created if missing. It is not in the catalog before show().
  check_entry& check(const std::string& id, check_owner& owner);
  /// Copies the check's present state to the catalog. False if that changes nothing.
  bool show(std::uint64_t index, check_entry& check);
  void erase_check(std::uint64_t index, const std::string& id);

  std::uint64_t node_index() const noexcept { return node_index_; }
  /// The index of the last change of services of that name or of their checks.
  std::uint64_t index_of(std::string_view name) const noexcept;
  /// The indexes of the last change of any service, and of any check.
  std::uint64_t services_index() const noexcept { return services_index_; }
  std::uint64_t checks_index() const noexcept { return checks_index_; }
  watch_list& watch() noexcept { return watchers_; }

 private:
  void touch(std::uint64_t index, std::string_view name);
  void touch_all(std::uint64_t index);

  watch_list& woken_;
  const std::uint64_t node_index_;
  std::uint64_t services_index_;
  std::uint64_t checks_index_;
  services services_;
  checks checks_;
  std::map<std::string, std::uint64_t, name_order> indexes_;
  std::uint64_t last_extinction_;  ///< when a name last lost its last service
  watch_list watchers_;
};

}  // namespace tenure::agent
