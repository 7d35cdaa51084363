// The settings as running hooks see them: one hook run, one snapshot, whatever is written
// meanwhile.
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
  /// A snapshot is kept for as long as somebody holds one of these.
  using pin = std::shared_ptr<const settings_snapshot>;

  pin keep(const std::string& election, settings_snapshot snapshot) {
    std::erase_if(kept_, [](const auto& entry) { return entry.second.expired(); });
    const id what(election, snapshot.index);
    pin kept = kept_[what].lock();
    if (!kept) {
      kept = std::make_shared<const settings_snapshot>(std::move(snapshot));
      kept_[what] = kept;
    }
    return kept;
  }

  /// The snapshot with that index, which a hook was told as TENURE_SNAPSHOT; nullptr once no hook
  /// runs on it any more.
  pin find(const std::string& election, std::uint64_t index) const {
    const auto found = kept_.find(id(election, index));
    return found == kept_.end() ? pin() : found->second.lock();
  }

 private:
  using id = std::pair<std::string, std::uint64_t>;
  std::map<id, std::weak_ptr<const settings_snapshot>> kept_;
};

}  // namespace tenure::sidecar
