// The services and checks registered with this agent. The catalog has copies of them.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agent/state/check_entry.hpp"
#include "agent/state/service_entry.hpp"

namespace tenure::agent {

class service_table {
 public:
  using services = std::map<std::string, service_fields, std::less<>>;
  using checks = std::map<std::string, check_entry, std::less<>>;

  const services& all_services() const noexcept { return services_; }
  const checks& all_checks() const noexcept { return checks_; }
  const service_fields* find_service(std::string_view id) const noexcept;
  check_entry* find_check(std::string_view id) noexcept;
  std::vector<check_entry*> checks_of(std::string_view service_id);
  /// The alias checks, in the order of their ids.
  std::vector<check_entry*> alias_checks();

  void put_service(service_fields wanted);
  void erase_service(const std::string& id) { services_.erase(id); }
  /// The check of that id, created if missing.
  check_entry& check(const std::string& id, check_owner& owner);
  /// Makes a check repeat others, or with empty names none.
  void set_alias(check_entry& check, const std::string& service, const std::string& node);
  void erase_check(const std::string& id);

 private:
  services services_;
  checks checks_;
  std::set<std::string> aliases_;
};

}  // namespace tenure::agent
