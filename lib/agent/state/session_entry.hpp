// Sessions as Consul's state store keeps them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tenure/time.hpp>
#include <tenure/toolkit/timers.hpp>
#include <vector>

#include "agent/state/kv_entry.hpp"

namespace tenure::agent {

/// Receives the expiry of sessions.
class session_owner {
 public:
  virtual void session_expired(session_entry& session) noexcept = 0;

 protected:
  ~session_owner() = default;
};

class session_expiry : public runtime::timer {
 public:
  explicit session_expiry(session_entry& session)
      : timer(&session_expiry::fire), session_(session) {}
  session_owner* owner = nullptr;

 private:
  static void fire(timer& t) noexcept {
    auto& self = static_cast<session_expiry&>(t);
    self.owner->session_expired(self.session_);
  }
  session_entry& session_;
};

/// A check of a service that a session is bound to.
class service_check {
 public:
  std::string id;
  std::string name_space;
};

class session_entry {
 public:
  static constexpr std::int64_t default_lock_delay_ns = 15'000'000'000;

  session_entry() = default;
  session_entry(const session_entry&) = delete;
  session_entry& operator=(const session_entry&) = delete;
  /// A store that is destroyed as a whole may still have held keys.
  ~session_entry() {
    while (first_held != nullptr) first_held->set_holder(nullptr);
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

  /// Whether a critical state of that check ends the session.
  bool bound_to(std::string_view check) const noexcept;

  duration ttl_span{0};  ///< 0: it never expires
  session_expiry expiry{*this};
  kv_entry* first_held = nullptr;
};

}  // namespace tenure::agent
