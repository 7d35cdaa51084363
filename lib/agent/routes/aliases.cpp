// Alias checks: each has the status of the checks of another service, or of another node.
#include "agent/go/text.hpp"
#include "agent/routes/endpoints.hpp"

namespace tenure::agent {
namespace {

/// Joins the states of the aliased checks as Consul does.
class alias_state {
 public:
  void add(const check_fields& check) {
    if (status_ == "critical") return;
    if (check.status == "critical" || check.status == "warning") {
      status_ = check.status;
      output_ = "Aliased check " + go_quote(check.name) + " failing: " + check.output;
    } else if (status_ == "passing") {
      output_ = "All checks passing.";
    }
  }
  void fail(std::string output) {
    status_ = "critical";
    output_ = std::move(output);
  }
  const std::string& status() const noexcept { return status_; }
  const std::string& output() const noexcept { return output_; }

 private:
  std::string status_ = "passing";
  std::string output_ = "No checks found.";
};

}  // namespace

void endpoints::update_aliases() {
  // An alias may repeat another one.
  const std::vector<check_entry*> aliases = services_.alias_checks();
  for (std::size_t round = 0; round < aliases.size(); ++round) {
    bool changed = false;
    for (check_entry* alias : aliases) changed = update_alias(*alias) || changed;
    if (!changed) return;
  }
}

bool endpoints::update_alias(check_entry& alias) {
  alias_state state;
  bool found = false;
  const auto add = [&](const check_fields& check) {
    const bool of_service = !check.service_id.empty() && check.service_id == alias.alias_service;
    if (!check.service_id.empty() && !of_service) return;
    found = found || of_service;
    state.add(check);
  };
  bool exists = false;
  if (alias.alias_node.empty()) {
    for (const auto& [id, check] : services_.all_checks()) {
      if (id != alias.id) add(check);
    }
    exists = services_.find_service(alias.alias_service) != nullptr;
  } else {
    const auto* node = catalog_.find(alias.alias_node);
    if (node != nullptr) {
      for (const auto& [id, check] : node->checks) add(check);
    }
    exists = alias.alias_service.empty() ||
             catalog_.find_service(alias.alias_node, alias.alias_service) != nullptr;
  }
  if (!found && !exists) {
    state.fail("Service " + alias.alias_service + " could not be found on node " +
               alias.alias_node);
  }
  if (alias.status == state.status() && alias.output == state.output()) return false;
  set_check_status(alias, state.status(), state.output());
  return true;
}

}  // namespace tenure::agent
