// The checkers of safety. They see true time, the true history of every key, and the state of every
// process; no process sees any of that.
//
//   S1  never two open leases for one key at one instant
//   S2  fences grow from term to term of a key
//   S3  no lease counts from a proof that its holder did not survive
//   S4  no body runs when a successor begins
//   S5  guarded writes: see write_checker
//   S6  no claim, release or proclaim of a term acts on another term; a clean release comes only
//       after the work has stopped, and while no other lease is open
//   S7  a key is handed over only after its holder's work and lease have ended, and not within the
//       lease of another; the term that begins by it overlaps none of that
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <tenure/term.hpp>
#include <tenure/time.hpp>
#include <vector>

#include "sim/ground_truth.hpp"
#include "sim/host.hpp"
#include "sim/inflight_request.hpp"
#include "sim/needless_moves.hpp"
#include "sim/observed_keys.hpp"
#include "sim/scenario.hpp"
#include "sim/slot_checker.hpp"
#include "sim/tracked_term.hpp"
#include "sim/world.hpp"
#include "sim/write_checker.hpp"

namespace tenure::sim {

class safety_checker {
 public:
  safety_checker(world& its_world, const scenario& its_scenario, ground_truth& truth);

  // -- reports of the processes ------------------------------------------------------------------
  void election_entered(actor who, const std::string& key) { observed_.entered(who, key); }
  void response_received(const inflight_request& sent);
  std::shared_ptr<tracked_term> term_began(tenure::term t, const host& h, actor who,
                                           duration span);
  void body_ended(tracked_term& t);
  /// The process may have extended or ended terms: checks all of them.
  void process_stepped(actor who);
  void process_paused(actor who);
  void process_died(actor who);
  write_checker& writes() noexcept { return writes_; }
  needless_moves& moves() noexcept { return moves_; }
  slot_checker& slots() noexcept { return slots_; }
  const slot_checker& slots() const noexcept { return slots_; }

  std::size_t open_leases(const std::string& key) const;
  /// Whether the term with that fence has an open lease.
  bool leads(const std::string& key, std::uint64_t fence) const;
  std::uint64_t terms() const noexcept { return terms_; }

 private:
  void key_changed(const key_change& change);
  void check_release(const key_change& change);
  void check_hand_over(const key_change& change);
  void check_proclaim(const key_change& change);
  void check_fence(tracked_term& t);
  void check_overlap(tracked_term& beginner);
  void check_predecessor(const tracked_term& beginner);
  static time_point proof_sent(const tracked_term& t);
  void check_proof(const tracked_term& t);
  /// Why the design protects an older term from a newer one by the fence alone; empty if it
  /// protects the lease, too.
  std::string no_protection(const tracked_term& older, const tracked_term& newer) const;
  std::string unseen_by(actor who, const tracked_term& older, time_point older_won,
                        time_point won) const;
  bool may_overlap(const tracked_term& t, const key_timeline& k) const;
  void close(tracked_term& t);

  using term_list = std::vector<std::shared_ptr<tracked_term>>;

  world& world_;
  const scenario& scenario_;
  ground_truth& truth_;
  observed_keys observed_{world_, scenario_, truth_};
  write_checker writes_{world_, truth_};
  needless_moves moves_{world_, truth_};
  slot_checker slots_{world_, scenario_, truth_};
  std::map<std::string, term_list> by_key_;
  std::map<actor, term_list> by_process_;
  std::map<std::string, std::shared_ptr<tracked_term>> newest_;  // with the greatest fence
  std::uint64_t terms_ = 0;
};

}  // namespace tenure::sim
