#include "agent/state/kv_store.hpp"

#include <algorithm>
#include <utility>

namespace tenure::agent {
namespace {

/// Consul ends its index keys with a NUL. The shape of the tree decides which watchers wake.
std::string_view with_nul(const std::string& key) noexcept {
  return std::string_view(key.c_str(), key.size() + 1);
}

}  // namespace

const kv_entry* kv_store::find(const std::string& key) const noexcept {
  return entries_.find(with_nul(key));
}

std::uint64_t kv_store::table_index() const noexcept {
  return std::max(entries_index_, tombstone_index_);
}

std::uint64_t kv_store::list_index(std::string_view prefix) const noexcept {
  if (prefix.empty()) return table_index();
  std::uint64_t index = 0;
  entries_.for_each(prefix, [&index](const kv_entry& e) {
    index = std::max(index, e.modify_index);
    return true;
  });
  for (auto t = tombstones_.lower_bound(prefix);
       t != tombstones_.end() && t->first.starts_with(prefix); ++t) {
    index = std::max(index, t->second);
  }
  return index != 0 ? index : table_index();
}

void kv_store::set(std::uint64_t index, kv_fields& wanted) {
  const kv_entry* existing = find(wanted.key);
  if (existing != nullptr) {
    wanted.session = existing->session;
  } else {
    wanted.session.clear();
  }
  write(index, wanted, existing != nullptr ? existing->holder() : nullptr);
}

void kv_store::set_with_session(std::uint64_t index, kv_fields& wanted, session_entry* holder) {
  write(index, wanted, holder);
}

void kv_store::write(std::uint64_t index, kv_fields& wanted, session_entry* holder) {
  const kv_entry* existing = find(wanted.key);
  wanted.create_index = existing != nullptr ? existing->create_index : index;
  if (existing != nullptr && existing->same_content(wanted)) {
    wanted.modify_index = existing->modify_index;
    return;
  }
  wanted.modify_index = index;
  if (changes_ != nullptr) changes_->push_back(wanted.key);
  log_undo(wanted.key, existing);
  kv_entry& entry = entries_.change(with_nul(wanted.key), woken_);
  static_cast<kv_fields&>(entry) = wanted;
  entry.set_holder(holder);
  entries_index_ = index;
}

bool kv_store::set_if(std::uint64_t index, kv_fields& wanted) {
  const kv_entry* existing = find(wanted.key);
  const bool fits = existing == nullptr ? wanted.modify_index == 0
                                        : wanted.modify_index != 0 &&
                                              wanted.modify_index == existing->modify_index;
  if (!fits) return false;
  set(index, wanted);
  return true;
}

void kv_store::erase(std::uint64_t index, const std::string& key) {
  if (find(key) == nullptr) return;
  add_tombstone(index, key);
  remove(key);
  entries_index_ = index;
}

bool kv_store::erase_if(std::uint64_t index, std::uint64_t expected, const std::string& key) {
  const kv_entry* existing = find(key);
  if (existing == nullptr) return true;
  if (existing->modify_index != expected) return false;
  erase(index, key);
  return true;
}

void kv_store::erase_tree(std::uint64_t index, const std::string& prefix) {
  std::vector<std::string> keys;
  entries_.for_each(prefix, [&keys](const kv_entry& e) {
    keys.push_back(e.key);
    return true;
  });
  if (keys.empty()) return;
  for (const std::string& key : keys) remove(key);
  // One tombstone for the whole tree, and none for the empty prefix: a listing of everything
  // answers the table's index anyway.
  if (!prefix.empty()) add_tombstone(index, prefix);
  entries_index_ = index;
}

void kv_store::put_back(const kv_fields& old, session_entry* holder) {
  if (changes_ != nullptr) changes_->push_back(old.key);
  kv_entry& entry = entries_.change(with_nul(old.key), woken_);
  static_cast<kv_fields&>(entry) = old;
  entry.set_holder(holder);
}

void kv_store::remove(const std::string& key) {
  if (changes_ != nullptr) changes_->push_back(key);
  log_undo(key, find(key));
  entries_.erase(with_nul(key), woken_);
}

void kv_store::add_tombstone(std::uint64_t index, const std::string& key) {
  const auto [tombstone, inserted] = tombstones_.try_emplace(key, index);
  if (recording_) {
    undo_step step;
    step.tombstone = true;
    step.existed = !inserted;
    step.before.key = key;
    step.before.modify_index = tombstone->second;
    undo_log_.push_back(std::move(step));
  }
  tombstone->second = index;
  tombstone_index_ = index;
}

void kv_store::log_undo(const std::string& key, const kv_entry* before) {
  if (!recording_) return;
  undo_step step;
  step.existed = before != nullptr;
  if (before != nullptr) {
    step.before = *before;
    step.holder = before->holder();
  } else {
    step.before.key = key;
  }
  undo_log_.push_back(std::move(step));
}

void kv_store::begin() {
  recording_ = true;
  undo_log_.clear();
  saved_entries_index_ = entries_index_;
  saved_tombstone_index_ = tombstone_index_;
}

void kv_store::commit() noexcept {
  recording_ = false;
  undo_log_.clear();
}

void kv_store::roll_back() {
  recording_ = false;
  for (auto step = undo_log_.rbegin(); step != undo_log_.rend(); ++step) {
    const std::string& key = step->before.key;
    if (step->tombstone) {
      if (step->existed) {
        tombstones_[key] = step->before.modify_index;
      } else {
        tombstones_.erase(key);
      }
    } else if (step->existed) {
      kv_entry& entry = entries_.change(with_nul(key), woken_);
      static_cast<kv_fields&>(entry) = step->before;
      entry.set_holder(step->holder);
    } else {
      entries_.erase(with_nul(key), woken_);
    }
  }
  undo_log_.clear();
  entries_index_ = saved_entries_index_;
  tombstone_index_ = saved_tombstone_index_;
}

void kv_store::reap_tombstones(std::uint64_t index) {
  std::erase_if(tombstones_, [index](const auto& tombstone) { return tombstone.second <= index; });
}

watch_list& kv_store::watch(const std::string& key) noexcept {
  return entries_.watch(with_nul(key));
}

watch_list& kv_store::watch_below(std::string_view prefix) noexcept {
  return entries_.watch_below(prefix);
}

}  // namespace tenure::agent
