// The key/value table with its indexes and tombstones: what Consul's state store does to keys.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/radix_tree.hpp"
#include "agent/records.hpp"

namespace tenure::agent {

class kv_store {
 public:
  /// Watchers that a write wakes move into `woken`. Some are woken for nothing, as by Consul;
  /// whoever is woken looks again.
  explicit kv_store(watch_list& woken) : woken_(woken) {}

  const kv_entry* find(const std::string& key) const noexcept;
  /// In the order of the keys. `visit(const kv_entry&)` returns whether to go on.
  template <class Visit>
  void for_each(std::string_view prefix, Visit visit) const {
    entries_.for_each(prefix, visit);
  }

  /// The index of the last write or deletion of any key.
  std::uint64_t table_index() const noexcept;
  /// What a listing of `prefix` answers as its index: the greatest of its keys and tombstones, or
  /// the table's where there are neither. 0 in a store that was never written.
  std::uint64_t list_index(std::string_view prefix) const noexcept;

  /// Writes `wanted` at `index` and fills in its indexes; its LockIndex and, without `holder`
  /// given, its session are kept from the caller and the store respectively. Writing what is there
  /// already changes nothing and wakes nobody.
  void set(std::uint64_t index, kv_fields& wanted);
  /// The same, with the session and the holder replaced by the wanted ones.
  void set_with_session(std::uint64_t index, kv_fields& wanted, session_record* holder);
  /// Only where the key's ModifyIndex is `wanted.modify_index`; 0: only where there is no key.
  bool set_if(std::uint64_t index, kv_fields& wanted);
  void erase(std::uint64_t index, const std::string& key);
  /// Only where the key's ModifyIndex is `expected`. True, too, where there is no such key.
  bool erase_if(std::uint64_t index, std::uint64_t expected, const std::string& key);
  void erase_tree(std::uint64_t index, const std::string& prefix);

  /// Changes between begin() and commit() can be taken back by roll_back(). What they woke stays
  /// woken.
  void begin();
  void commit() noexcept;
  void roll_back();

  /// The index of the newest tombstone; forgets those up to `index`.
  std::uint64_t newest_tombstone() const noexcept { return tombstone_index_; }
  void reap_tombstones(std::uint64_t index);

  /// Whoever keeps a model of the store: every key that changes is added to the list.
  void tell_changes(std::vector<std::string>* changes) noexcept { changes_ = changes; }

  watch_list& watch(const std::string& key) noexcept;
  watch_list& watch_below(std::string_view prefix) noexcept;

 private:
  struct undo {
    bool tombstone = false;
    bool existed = false;
    kv_fields before;  ///< of a tombstone: its key, and its index as modify_index
    session_record* holder = nullptr;
  };

  void write(std::uint64_t index, kv_fields& wanted, session_record* holder);
  void remove(const std::string& key);
  void bury(std::uint64_t index, const std::string& key);
  void remember(const std::string& key, const kv_entry* before);

  std::vector<std::string>* changes_ = nullptr;
  watch_list& woken_;
  radix_tree<kv_entry> entries_;  ///< by key and a final NUL, as Consul does
  std::map<std::string, std::uint64_t, std::less<>> tombstones_;
  std::uint64_t entries_index_ = 0;
  std::uint64_t tombstone_index_ = 0;

  bool recording_ = false;
  std::vector<undo> undo_;
  std::uint64_t saved_entries_index_ = 0;
  std::uint64_t saved_tombstone_index_ = 0;
};

}  // namespace tenure::agent
