// What a participant needs of its group. A seat is its place in the group's plan.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "core/util/session_id.hpp"
#include "election/sessions/session_pool.hpp"

namespace tenure::impl {

class participant;

/// A member that gets a key by a hand-over.
struct recipient {
  core::session_id session;
  std::string name;
  std::shared_ptr<const std::string> value;  ///< what it publishes in the keys that it leads
  std::string member_key;  ///< by which it is a member; see lock_op
  std::uint64_t modify_index = 0;  ///< of that key, when the recipient was chosen
  /// notices_prefix() of this member; empty: it gets no notice, and learns of the key by its watch.
  std::string notices = "";  // NOLINT(readability-redundant-string-init): may be left out
};

/// Called on the engine's thread. An implementation acts later, in another turn of the loop: it may
/// be called from the middle of a participant's work.
class group_seats {
 public:
  group_seats() = default;
  group_seats(const group_seats&) = delete;
  group_seats& operator=(const group_seats&) = delete;
  virtual ~group_seats() = default;

  /// A participant enters: its seat is the last one.
  virtual void take_seat(participant& who) = 0;
  /// All participants of the group use the session of the member's key.
  virtual session_pool::pooled session() = 0;
  /// The newest observation of the key, our own writes included. `holder` is empty for a free key.
  virtual void holder_changed(std::uint32_t seat, const core::session_id& holder) noexcept = 0;
  /// The participant stands or not, its term began or ended, its health gate moved: whether it can
  /// hand its key over, or may claim it, may have changed.
  virtual void seat_changed(std::uint32_t seat) noexcept = 0;
  /// The member that gets a key which is about to be released cleanly; nothing: the key is
  /// released. The participant asks when the transaction is made, and again after recipient_gone().
  /// It does not ask if it leaves without its group (participant::leave): its key is released.
  virtual std::optional<recipient> recipient_of(std::uint32_t seat) = 0;
  /// The hand-over was carried out.
  virtual void handed_over(std::uint32_t seat, const recipient& to) = 0;
  /// Consul refused a hand-over because that session is gone, or has no key of a member any more.
  virtual void recipient_gone(const recipient& to) = 0;
  /// The participant is being destroyed or has left: its seat is free. The last seat takes its
  /// place (participant::set_seat).
  virtual void seat_left(std::uint32_t seat) noexcept = 0;
};

}  // namespace tenure::impl
