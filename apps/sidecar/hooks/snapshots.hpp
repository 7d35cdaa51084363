// The settings as running hooks see them: one run of a hook reads one snapshot, even if the
// settings change meanwhile. Only its own writes change it, as in Juju.
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

  /// For one run of a hook. An election runs one hook at a time.
  pin keep(const std::string& election, settings_snapshot snapshot) {
    std::erase_if(kept_, [](const auto& entry) { return entry.second.expired(); });
    const id key(election, snapshot.index);
    auto kept = std::make_shared<settings_snapshot>(std::move(snapshot));
    kept_[key] = kept;
    return kept;
  }

  /// The snapshot with this index, which a hook has as TENURE_SNAPSHOT; null once every hook that
  /// used it has ended.
  pin find(const std::string& election, std::uint64_t index) const {
    const auto found = kept_.find(id(election, index));
    return found == kept_.end() ? pin() : found->second.lock();
  }

  /// Adds what the hook with this snapshot has stored. An empty value removes a name.
  void merge(const std::string& election, std::uint64_t index,
             const leader_settings::changes& stored) {
    const auto found = kept_.find(id(election, index));
    const auto kept = found == kept_.end() ? nullptr : found->second.lock();
    if (!kept) return;
    for (const auto& [name, value] : stored) {
      if (value.empty()) {
        kept->values.erase(name);
      } else {
        kept->values[name] = value;
      }
    }
  }

 private:
  using id = std::pair<std::string, std::uint64_t>;
  std::map<id, std::weak_ptr<settings_snapshot>> kept_;
};

}  // namespace tenure::sidecar
