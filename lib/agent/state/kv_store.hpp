// The key/value table with its indexes and tombstones: what Consul's state store does to keys.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/state/kv_entry.hpp"
#include "agent/state/radix_tree.hpp"
#include "agent/state/watch_list.hpp"

namespace tenure::agent {

class kv_store {
 public:
  /// A write moves the watchers that it wakes into `woken`. It wakes some for nothing, as Consul
  /// does, so a woken watcher looks again.
  explicit kv_store(watch_list& woken) : woken_(woken) {}

  const kv_entry* find(const std::string& key) const noexcept;
  /// In the order of the keys, until `visit(const kv_entry&)` returns false.
  template <class Visit>
  void for_each(std::string_view prefix, Visit visit) const {
    entries_.for_each(prefix, visit);
  }

  /// The index of the last write or deletion of any key.
  std::uint64_t table_index() const noexcept;
  /// The index of a listing of `prefix`: the greatest of its keys and tombstones, or the table's if
  /// it has neither. 0 in a store that was never written.
  std::uint64_t list_index(std::string_view prefix) const noexcept;

  /// Writes `wanted` at `index`, takes the session from the store and fills in session, CreateIndex
  /// and ModifyIndex. LockIndex is the caller's. A write of the same content changes and wakes
  /// nothing.
  void set(std::uint64_t index, kv_fields& wanted);
  /// The same, with `wanted`'s session and its `holder` (null: none) as the new ones.
  void set_with_session(std::uint64_t index, kv_fields& wanted, session_entry* holder);
  /// Writes only if the key's ModifyIndex is `wanted.modify_index`; 0: only if there is no key.
  bool set_if(std::uint64_t index, kv_fields& wanted);
  void erase(std::uint64_t index, const std::string& key);
  /// Erases only if the key's ModifyIndex is `expected`. True, too, if there is no such key.
  bool erase_if(std::uint64_t index, std::uint64_t expected, const std::string& key);
  void erase_tree(std::uint64_t index, const std::string& prefix);

  /// For a snapshot that is restored: a key goes without a tombstone, or is there again as it was.
  void drop(const std::string& key) { remove(key); }
  void put_back(const kv_fields& old, session_entry* holder);

  /// roll_back() undoes the changes since begin(). The watchers that they woke stay woken.
  void begin();
  void commit() noexcept;
  void roll_back();

  /// The index of the newest tombstone; forgets those up to `index`.
  std::uint64_t newest_tombstone() const noexcept { return tombstone_index_; }
  void reap_tombstones(std::uint64_t index);

  /// From now on every key that changes is appended to the list; null: to none.
  void record_changes(std::vector<std::string>* changes) noexcept { changes_ = changes; }

  watch_list& watch(const std::string& key) noexcept;
  watch_list& watch_below(std::string_view prefix) noexcept;

 private:
  struct undo_step {
    bool tombstone = false;
    bool existed = false;
    kv_fields before;  ///< of a tombstone: its key, and its index as modify_index
    session_entry* holder = nullptr;
  };

  void write(std::uint64_t index, kv_fields& wanted, session_entry* holder);
  void remove(const std::string& key);
  void add_tombstone(std::uint64_t index, const std::string& key);
  void log_undo(const std::string& key, const kv_entry* before);

  std::vector<std::string>* changes_ = nullptr;
  watch_list& woken_;
  radix_tree<kv_entry> entries_;  ///< by key and a final NUL, as in Consul
  std::map<std::string, std::uint64_t, std::less<>> tombstones_;
  std::uint64_t entries_index_ = 0;
  std::uint64_t tombstone_index_ = 0;

  bool recording_ = false;
  std::vector<undo_step> undo_log_;
  std::uint64_t saved_entries_index_ = 0;
  std::uint64_t saved_tombstone_index_ = 0;
};

}  // namespace tenure::agent
