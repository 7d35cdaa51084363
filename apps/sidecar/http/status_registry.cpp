#include "sidecar/http/status_registry.hpp"

namespace tenure::sidecar {

election_status& status_registry::add(entered_election& e, const election_options& options) {
  all_.push_back(std::make_unique<election_status>(e, options, all_.size()));
  election_status& made = *all_.back();
  by_name_.emplace(options.name, &made);
  return made;
}

election_status* status_registry::find(std::string_view name) {
  const auto found = by_name_.find(std::string(name));
  return found == by_name_.end() ? nullptr : found->second;
}

bool status_registry::update(election_status& e) {
  e.update_terms();
  const bool was_known = e.known();
  const bool changed = e.update();
  if (!was_known && e.known()) ++known_;
  return changed;
}

}  // namespace tenure::sidecar
