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
  count_terms(e);
  if (e.update_terms()) ++counters_.leader_changes;
  const bool was_known = e.known();
  const bool changed = e.update();
  if (!was_known && e.known()) ++known_;
  return changed;
}

// Our own terms, as the elector counts them.
void status_registry::count_terms(const election_status& e) {
  const election_state& now = e.election.state();
  const auto counted = our_terms_.find(&e);
  if (counted != our_terms_.end() && counted->second.reason() != end_reason::none) {
    ++counters_.lost;
    ++counters_.ended[static_cast<std::size_t>(counted->second.reason())];
    our_terms_.erase(counted);
  }
  if (leads(now) && our_terms_.emplace(&e, now.term).second) ++counters_.won;
}

}  // namespace tenure::sidecar
