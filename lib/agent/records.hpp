// What the store holds: keys and sessions, as Consul's state store knows them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tenure/time.hpp>
#include <vector>

#include "runtime/timers.hpp"

namespace tenure::agent {

class session_record;

/// What a client sees of a key. Also the wanted state that is handed to a write.
class kv_fields {
 public:
  std::string key;
  std::string value;    ///< empty and null are the same once stored
  std::string session;  ///< of the holder, as it spelled it; empty where nobody holds the key
  std::uint64_t flags = 0;
  std::uint64_t lock_index = 0;
  std::uint64_t create_index = 0;
  std::uint64_t modify_index = 0;

  /// Whether a write of `other` over this would change anything: then it gets a new ModifyIndex.
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
  ~kv_entry() { held_by(nullptr); }

  session_record* holder() const noexcept { return holder_; }
  kv_entry* next_held() const noexcept { return next_held_; }
  void held_by(session_record* holder) noexcept;

 private:
  session_record* holder_ = nullptr;
  kv_entry* next_held_ = nullptr;
  kv_entry* previous_held_ = nullptr;
};

/// Told when a session's time is up.
class session_owner {
 public:
  virtual void session_expired(session_record& session) noexcept = 0;

 protected:
  ~session_owner() = default;
};

class session_expiry : public runtime::timer {
 public:
  explicit session_expiry(session_record& session)
      : timer(&session_expiry::fire), session_(session) {}
  session_owner* owner = nullptr;

 private:
  static void fire(timer& t) noexcept {
    auto& self = static_cast<session_expiry&>(t);
    self.owner->session_expired(self.session_);
  }
  session_record& session_;
};

/// A check of a service that a session is bound to.
class service_check {
 public:
  std::string id;
  std::string name_space;
};

class session_record {
 public:
  static constexpr std::int64_t default_lock_delay_ns = 15'000'000'000;

  session_record() = default;
  session_record(const session_record&) = delete;
  session_record& operator=(const session_record&) = delete;
  /// The whole store may go at once, keys that are held included.
  ~session_record() {
    while (first_held != nullptr) first_held->held_by(nullptr);
  }

  std::string id;
  std::string name;
  std::string node;
  std::string behavior;  ///< release or delete
  std::string ttl;       ///< as the client wrote it
  std::int64_t lock_delay_ns = default_lock_delay_ns;
  std::vector<std::string> checks;                      ///< by the old name; left out if empty
  std::optional<std::vector<std::string>> node_checks;  ///< nothing: null
  std::optional<std::vector<service_check>> service_checks;
  std::uint64_t create_index = 0;

  /// Whether the session lives only as long as that check does not fail.
  bool bound_to(std::string_view check) const noexcept;

  duration ttl_span{0};  ///< 0: it never expires
  session_expiry expiry{*this};
  kv_entry* first_held = nullptr;
};

}  // namespace tenure::agent
