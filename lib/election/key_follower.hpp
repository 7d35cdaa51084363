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

class key_watches;
class watched_key;
using named_key = std::pair<const key_name, watched_key>;
using watched_keys =
    std::map<key_name, watched_key, key_name::order, runtime::slab_allocator<named_key>>;

/// Told on the engine's thread. Its destruction ends it; the watches may be gone before.
class key_follower : public std::enable_shared_from_this<key_follower> {
 public:
  key_follower() = default;
  key_follower(const key_follower&) = delete;
  key_follower& operator=(const key_follower&) = delete;
  virtual ~key_follower() { unfollow(); }

  virtual void key_seen(const consul::kv_found& answer) = 0;
  virtual void key_unseen(const error_code& why, const std::string& detail) = 0;

  /// Whether it is a candidate of this process for the key, of which there is one at most.
  virtual bool stands() const noexcept { return false; }

  /// From now on it is told nothing.
  void unfollow() noexcept;

 protected:
  /// It knows of the key from elsewhere, by a write or a read of its own: what the watch sees next
  /// is told, even where that is what the watch saw last.
  void knows_more() noexcept;
  /// A claim of it for the key is on its way: who watches the key waits for the outcome, for a
  /// while, before asking what has changed.
  void claiming(bool on_its_way) noexcept;

 private:
  friend class key_watches;
  key_watches* watches_ = nullptr;
  named_key* key_ = nullptr;
  key_follower* next_ = nullptr;  // of the same key
};

}  // namespace tenure::impl
