// The services and checks of this node, and the indexes that go with them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "agent/service_records.hpp"
#include "agent/watch.hpp"

namespace tenure::agent {

/// Equal but for case comes together: the catalog's order of names and ids.
class without_case {
 public:
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const noexcept;
};

class service_table {
 public:
  using services = std::map<std::string, service_record, std::less<>>;
  using checks = std::map<std::string, check_record, std::less<>>;

  /// `index` is that of the node itself.
  service_table(watch_list& woken, std::uint64_t index)
      : woken_(woken), node_index_(index), last_extinction_(index) {}

  const services& all_services() const noexcept { return services_; }
  const checks& all_checks() const noexcept { return checks_; }
  service_record* find_service(std::string_view id) noexcept;
  check_record* find_check(std::string_view id) noexcept;
  /// By its name in the catalog, whatever its case.
  const check_record* shown_check(std::string_view id) const noexcept;
  std::vector<check_record*> checks_of(std::string_view service_id);
  /// Those of that name, in the catalog's order, by id.
  std::vector<const service_record*> named(std::string_view name) const;
  /// The node's own checks, or those of a service, in the catalog's order.
  std::vector<const check_record*> shown_checks(std::string_view service_id) const;

  void put_service(std::uint64_t index, service_fields wanted);
  void erase_service(std::uint64_t index, const std::string& id);
  /// A record for that id, a new one where there is none; show() brings it to the catalog.
  check_record& check(const std::string& id, check_owner& owner);
  /// Writes the check to the catalog as it is now. False where nothing changed.
  bool show(std::uint64_t index, check_record& check);
  void erase_check(std::uint64_t index, const std::string& id);

  std::uint64_t node_index() const noexcept { return node_index_; }
  /// The index of the last change of services of that name or of their checks.
  std::uint64_t index_of(std::string_view name) const noexcept;
  watch_list& watch() noexcept { return watchers_; }

 private:
  void touch(std::uint64_t index, std::string_view name);
  void touch_all(std::uint64_t index);

  watch_list& woken_;
  const std::uint64_t node_index_;
  services services_;
  checks checks_;
  std::map<std::string, std::uint64_t, without_case> indexes_;
  std::uint64_t last_extinction_;  ///< when the last service of a name went
  watch_list watchers_;
};

}  // namespace tenure::agent
