// What a member knows of its group, as the input of the plan: the members, who holds each election
// that it has entered, the operators' wishes. Makes the plan again only when one of them changed
// and the plan is asked for.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tenure/group.hpp>
#include <tenure/time.hpp>
#include <vector>

#include "core/group/live_plan.hpp"
#include "core/util/session_id.hpp"
#include "election/group/group_seats.hpp"
#include "election/group/group_view.hpp"

namespace tenure::impl {

class participant;

/// Seats are places in the plan's list of keys, and members are places in its list of members.
class group_planner {
 public:
  // -- what changed ------------------------------------------------------------------------------
  /// The participant's seat: the last one. `outside`: its key is not below the group's prefix.
  std::uint32_t add(participant& who, bool outside);
  /// The last participant moves to this seat.
  void remove(std::uint32_t seat);
  /// Empty: the key is free.
  void set_holder(std::uint32_t seat, const core::session_id& holder);
  void set_view(const group_view& view);
  /// Our own session; empty: none now.
  void set_self(core::session_id session);
  /// This process hands over everything, whatever its document says yet.
  void set_leaving();
  /// Consul said that the session is gone, or does not hold its key of a member. It counts as none
  /// until an answer shows the key otherwise than before, or was asked for after the refusal: the
  /// indexes of a key may be the same again, the LockIndex after a plain PUT over a held key, all
  /// of them after the restore of a snapshot.
  void set_gone(const recipient& refused, time_point now);
  /// Drops the refusals that this answer of the watch outdates. True: it dropped one.
  bool note_answer(const group_view& view);
  void set_stays(std::uint32_t seat, bool stays) noexcept { plan_.set_stays(seat, stays); }
  void set_given(std::uint32_t seat, core::giving how_far) noexcept {
    plan_.set_given(seat, how_far);
  }

  // -- what follows ------------------------------------------------------------------------------
  /// The group was read, and this process is a member in it.
  bool ready() const noexcept { return self_ != core::no_member; }
  bool seen() const noexcept { return seen_; }
  core::member_index self() const noexcept { return self_; }
  const core::session_id& session() const noexcept { return session_; }
  bool may_lead() const noexcept { return ready() && plan_.members()[self_].may_lead(); }
  bool leaving() const noexcept { return leaving_; }
  /// Elections whose key was not seen yet.
  std::size_t unknown() const noexcept { return unknown_; }
  std::size_t elections() const noexcept { return seats_.size(); }
  participant& at(std::uint32_t seat) const noexcept { return *seats_[seat].who; }
  /// Whether this process may claim the key now: for group_claims.
  bool& claims(std::uint32_t seat) noexcept { return seats_[seat].claims; }

  core::own_part part() { return plan_.part_of(self_); }
  core::member_index target(std::uint32_t seat) { return plan_.plan().target(seat); }
  std::uint64_t plans() const noexcept { return plan_.made(); }
  /// Changes with the members that may lead, and so perhaps with the targets of all free keys.
  std::uint64_t membership() const noexcept { return membership_; }
  /// How many elections our session holds beyond our capacity.
  std::size_t over_capacity() const noexcept;
  /// How many elections our session may take beyond those that it holds and `claims` more.
  std::size_t room_beside(std::size_t claims) const noexcept;
  /// After how many others this member claims the free key, 0 for the plan's target; nothing: it
  /// does not.
  std::optional<std::uint32_t> claim_place(std::uint32_t seat);
  /// How many members delete the left-over before this one.
  std::size_t cleaning_place(const std::string& key) const noexcept;
  /// Another member that takes the key if this process does not want it.
  core::member_index other_member(std::uint32_t seat, time_point now);
  recipient recipient_at(core::member_index member) const;
  /// What this process has entered. Others know of it when it is published.
  const core::entered_elections& entered() const noexcept { return entered_; }
  /// How many elections outside the prefix our session holds.
  std::size_t leads_outside() const noexcept;
  /// An operator drains this process.
  bool drained() const noexcept;
  /// Our session holds an election.
  bool leads_any() const noexcept { return ready() && held_[self_] > 0; }
  /// No participant holds its key, has a claim in flight, or works.
  bool all_idle() const;
  /// Whether the member has entered the same elections: then it watches all of our keys. Those
  /// count which this process had entered before it began to leave.
  bool same_elections(core::member_index member) const noexcept {
    return members_[member].document.entered == (leaving_ ? entered_before_ : entered_);
  }
  std::vector<group_member_status> statuses();

 private:
  class seat {
   public:
    participant* who = nullptr;
    bool known = false;
    bool claims = false;
    bool outside = false;
  };

  void rebuild();
  void take_members();
  std::vector<core::session_id> leaders() const;
  void take_pins();
  bool gone(const seen_member& member) const;
  core::member_index index_of(const core::session_id& session) const noexcept;
  core::member_index named(const std::string& name) const noexcept;
  void place_holder(std::uint32_t seat, const core::session_id& holder) noexcept;
  void count(core::member_index holder, int by) noexcept;
  void check_places() const noexcept;
  std::string describe() const;
  bool has_room(core::member_index member) const noexcept;
  std::uint32_t lent_to(const core::session_id& session) const noexcept;

  core::live_plan plan_;
  std::vector<seat> seats_;
  std::size_t unknown_ = 0;
  std::size_t outside_ = 0;  ///< seats whose keys are not below the prefix
  core::entered_elections entered_;
  core::entered_elections entered_before_;  ///< when it began to leave

  group_view view_;
  std::vector<seen_member> members_;  ///< those of the view that live
  std::vector<std::shared_ptr<const std::string>> values_;  ///< of the members
  std::vector<std::uint32_t> held_;                         ///< elections, by member
  std::uint64_t membership_ = 0;
  /// Which members were chosen lately beside the plan: they may hold one more each time.
  struct loan {
    core::session_id to;
    time_point until{};
  };
  std::vector<loan> lent_;
  struct gone_member {
    core::session_id session;
    std::uint64_t modify_index = 0;  ///< of its key, as seen before the refusal
    time_point since{};
  };
  std::vector<gone_member> gone_;  ///< Consul refused a hand-over to them
  core::session_id session_;
  core::member_index self_ = core::no_member;
  bool seen_ = false;
  bool leaving_ = false;
};

}  // namespace tenure::impl
