// Keys as Consul's state store keeps them.
#pragma once

#include <cstdint>
#include <string>

namespace tenure::agent {

class session_entry;

/// What a client sees of a key. Writes take their wanted state in the same form.
class kv_fields {
 public:
  std::string key;
  std::string value;    ///< empty and null are the same once stored
  std::string session;  ///< the holder's id, spelled as the client spelled it; empty: no holder
  std::uint64_t flags = 0;
  std::uint64_t lock_index = 0;
  std::uint64_t create_index = 0;
  std::uint64_t modify_index = 0;

  /// Whether a write of `other` over this key changes nothing and keeps the ModifyIndex.
  bool same_content(const kv_fields& other) const noexcept {
    return lock_index == other.lock_index && flags == other.flags && value == other.value &&
           session == other.session;
  }
};

/// A key in the store. Linked into the list of its holder's keys.
class kv_entry : public kv_fields {
 public:
  kv_entry() = default;
  kv_entry(const kv_entry&) = delete;
  kv_entry& operator=(const kv_entry&) = delete;
  ~kv_entry() { set_holder(nullptr); }

  session_entry* holder() const noexcept { return holder_; }
  void set_holder(session_entry* holder) noexcept;

 private:
  session_entry* holder_ = nullptr;
  kv_entry* next_held_ = nullptr;
  kv_entry* previous_held_ = nullptr;
};

}  // namespace tenure::agent
