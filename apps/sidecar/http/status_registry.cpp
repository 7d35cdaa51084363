#include "sidecar/http/status_registry.hpp"

namespace tenure::sidecar {

election_status& status_registry::add(entered_election& e, const election_options& options) {
  all_.push_back(std::make_unique<election_status>(e, options, all_.size()));
  election_status& made = *all_.back();
  by_name_.emplace(options.name, &made);
  return made;
}

election_status* status_registry::remove(const std::string& name) {
  std::erase_if(removed_, [](const auto& e) { return e->subscribers.empty(); });
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return nullptr;
  election_status* const gone = found->second;
  by_name_.erase(found);
  if (gone->known()) --known_;
  const auto place = all_.begin() + static_cast<std::ptrdiff_t>(gone->index);
  removed_.push_back(std::move(*place));
  all_.erase(place);
  for (std::size_t i = 0; i < all_.size(); ++i) all_[i]->index = i;
  gone->retire();
  return gone;
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
