// Whoever wants to know of a key, and how it is kept in the list of those who do.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <tenure/error.hpp>
#include <utility>

#include "consul/types.hpp"
#include "election/key_name.hpp"
#include "runtime/slab.hpp"

namespace tenure::impl {

class watch_registry;
class watched_key;
using named_key = std::pair<const key_name, watched_key>;
using watched_keys =
    std::map<key_name, watched_key, key_name::order, runtime::slab_allocator<named_key>>;

/// Told on the engine's thread. Its destruction ends it; the watches may be gone before.
class key_watcher : public std::enable_shared_from_this<key_watcher> {
 public:
  key_watcher() = default;
  key_watcher(const key_watcher&) = delete;
  key_watcher& operator=(const key_watcher&) = delete;
  virtual ~key_watcher() { unwatch(); }

  virtual void on_key_changed(const consul::kv_result& answer) = 0;
  virtual void on_watch_error(const error_code& why, const std::string& detail) = 0;

  /// Whether it is a candidate of this process for the key, of which there is one at most.
  virtual bool stands() const noexcept { return false; }

  /// From now on it is told nothing.
  void unwatch() noexcept;

 protected:
  /// It knows of the key from elsewhere, by a write or a read of its own: what the watch sees next
  /// is told, even where that is what the watch saw last.
  void invalidate() noexcept;
  /// A claim of it for the key is on its way: who watches the key waits for the outcome, for a
  /// while, before asking what has changed.
  void set_claim_inflight(bool on_its_way) noexcept;

 private:
  friend class watch_registry;
  watch_registry* watches_ = nullptr;
  named_key* key_ = nullptr;
  key_watcher* next_ = nullptr;  // of the same key
};

}  // namespace tenure::impl
