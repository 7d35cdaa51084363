// What relies on a Consul session: a participant in an election, a candidate for a slot.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <tenure/time.hpp>

#include "consul/types.hpp"

namespace tenure::impl {

/// Called on the thread of the io_context. A call may attach, detach or destroy other users.
class session_user {
 public:
  session_user() = default;
  session_user(const session_user&) = delete;
  session_user& operator=(const session_user&) = delete;
  virtual ~session_user() = default;

  virtual void session_ready(const std::string& id) = 0;
  virtual void session_lost(const std::string& id) = 0;
  /// Consul refused to create a session, or could not be asked; the session tries again.
  virtual void session_failed(const consul::answer_base& failed) = 0;
  /// A renewal that was sent then was answered, which proves nothing about locks. Called only
  /// with the seeded bug renewal_is_proof.
  virtual void session_renewed(time_point) {}
  /// Work runs that relies on the session's locks.
  virtual bool working() const noexcept = 0;
  virtual std::weak_ptr<session_user> weak_user() noexcept = 0;

 private:
  friend class consul_session;
  std::uint32_t index_ = 0;  ///< in its session's list
};

}  // namespace tenure::impl
