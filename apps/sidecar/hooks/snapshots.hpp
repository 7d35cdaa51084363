// The settings as running hooks see them: one run of a hook reads one snapshot, even if the
// settings change meanwhile.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <tenure/leader_settings.hpp>
#include <utility>

namespace tenure::sidecar {

class hook_snapshots {
 public:
  /// Keeps a snapshot as long as any copy of it exists.
  using pin = std::shared_ptr<const settings_snapshot>;

  pin keep(const std::string& election, settings_snapshot snapshot) {
    std::erase_if(kept_, [](const auto& entry) { return entry.second.expired(); });
    const id key(election, snapshot.index);
    pin kept = kept_[key].lock();
    if (!kept) {
      kept = std::make_shared<const settings_snapshot>(std::move(snapshot));
      kept_[key] = kept;
    }
    return kept;
  }

  /// The snapshot with this index, which a hook has as TENURE_SNAPSHOT; null once every hook that
  /// used it has ended.
  pin find(const std::string& election, std::uint64_t index) const {
    const auto found = kept_.find(id(election, index));
    return found == kept_.end() ? pin() : found->second.lock();
  }

 private:
  using id = std::pair<std::string, std::uint64_t>;
  std::map<id, std::weak_ptr<const settings_snapshot>> kept_;
};

}  // namespace tenure::sidecar
