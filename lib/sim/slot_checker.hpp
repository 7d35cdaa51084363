// The checkers of semaphores. As the safety checker, they see true time and the store.
//
//   P1  never more leases of slots at one instant than the semaphore has slots
//   P2  a slot's fence is the index of the write that named its holder; no two slots share one, and
//       those of a contender grow
//   P3  no lease of a slot counts from a proof that the holder did not survive
//   P4  a name leaves `.lock` by its holder's hand only after the work has stopped
//   P5  a guarded write lands only while its session holds the slot
//   P6  who has left in good order leaves neither its name nor its contender key
//   P7  once faults stop, all slots are held, or as many as there are contenders, within a bound;
//       the same after the death of a holder's session
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tenure/term.hpp>
#include <tenure/time.hpp>
#include <vector>

#include "sim/ground_truth.hpp"
#include "sim/host.hpp"
#include "sim/scenario.hpp"
#include "sim/slot_truth.hpp"
#include "sim/tracked_term.hpp"
#include "sim/world.hpp"

namespace tenure::sim {

class slot_checker {
 public:
  slot_checker(world& its_world, const scenario& its_scenario, const ground_truth& truth);

  // -- reports of the processes ------------------------------------------------------------------
  /// A new candidate, which has seen nothing yet.
  void contending(actor who, std::size_t semaphore) {
    seen_.contending(who, semaphore);
    newest_.erase({who, semaphore});
  }
  void response_received(const inflight_request& sent) { seen_.received(sent, world_.now()); }
  std::shared_ptr<tracked_term> slot_acquired(tenure::term t, const host& h, actor who,
                                              duration span, std::size_t slots);
  void body_ended(tracked_term& t);
  void process_stepped(actor who);
  void process_paused(actor who);
  void process_died(actor who);
  /// What a holder writes under guard.
  static std::string write_text(const tenure::term& t);

  // -- the store ---------------------------------------------------------------------------------
  static bool is_key(const std::string& key);
  void key_changed(const key_change& change);

  std::size_t open_leases(std::size_t semaphore) const;
  const slot_history& history(std::size_t semaphore) const { return histories_[semaphore]; }
  /// The shutdown begins: from now on every contender leaves in good order.
  void leaving();
  /// The shutdown is over: rule P6.
  void final_check();

 private:
  using term_list = std::vector<std::shared_ptr<tracked_term>>;

  void check_won(const tracked_term& t, std::size_t semaphore);
  void check_count(tracked_term& beginner, std::size_t semaphore);
  void check_proof(const tracked_term& t);
  void check_release(const key_change& change, std::size_t semaphore);
  void data_written(const key_change& change);
  /// Why the design does not keep an older slot's lease from overlapping with a newer one beyond
  /// the limit; empty if it does.
  std::string no_protection(const tracked_term& older, const tracked_term& newer,
                            std::size_t semaphore) const;
  void close(tracked_term& t);

  world& world_;
  const scenario& scenario_;
  const ground_truth& truth_;
  std::vector<slot_history> histories_;
  seen_slots seen_;
  std::vector<term_list> by_semaphore_;
  std::vector<std::set<std::uint64_t>> fences_;
  std::map<std::pair<actor, std::size_t>, std::uint64_t> newest_;  ///< fences, by contender
  std::vector<std::set<std::string>> leaving_;
  std::map<std::string, actor> owner_;  ///< of the sessions of contender keys
  std::set<actor> dead_;                ///< crashed
};

}  // namespace tenure::sim
