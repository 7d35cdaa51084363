// The checkers of safety. They see true time, the ground_truth about every key, and what every process
// believes; no process sees any of it.
//
//   S1  never two leases open for one key at one instant
//   S2  fences grow from term to term of a key
//   S3  no proof is counted that the model's holder did not outlive
//   S4  no body runs outside its lease
//   S5  nothing that an old leader wrote lands after a newer one's, and what a write is said to
//       have become is what became of it
//   S6  no claim, release or proclaim of a term acts on another: a clean release in particular
//       comes only after the work has stopped, and when no other lease is open
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <tenure/term.hpp>
#include <tenure/time.hpp>
#include <utility>
#include <vector>

#include "sim/inflight_request.hpp"
#include "sim/host.hpp"
#include "sim/scenario.hpp"
#include "sim/ground_truth.hpp"
#include "sim/world.hpp"

namespace tenure::sim {

/// One term, as the safety_checker keeps it. Process numbers are never used twice.
class tracked_term {
 public:
  tracked_term(tenure::term t, const host& m, actor who, duration span)
      : term(std::move(t)), where(m), by(who), span(span) {}

  tenure::term term;
  const host& where;
  actor by;
  duration span;
  time_point begun{};
  time_point until{};   ///< on its own clock, as last looked at
  time_point lease_end = time_point::min();  ///< true time, as the process believed it last
  bool closed = false;      ///< as the process sees it
  bool working = false;     ///< its body runs
  bool excused = false;     ///< its body may run on: it is a slow one, or its process was paused
  std::string overtaken;    ///< why a successor began within its lease; so may those that follow
};

enum class write_result : std::uint8_t { done, not_done, unknown };

class safety_checker {
 public:
  safety_checker(world& its_world, const scenario& its_scenario, ground_truth& what_is);

  // -- what the processes do ----------------------------------------------------------------------
  std::shared_ptr<tracked_term> term_began(tenure::term t, const host& m, actor who, duration span);
  void body_ended(tracked_term& c);
  /// The process may have changed its mind about its terms: looks at all of them.
  void look(actor who);
  void process_paused(actor who);
  void process_died(actor who);
  void election_entered(actor who, const std::string& key);
  void response_received(const inflight_request& f);

  /// A guarded write is on its way, and what its maker was told about it.
  std::uint64_t begin_write();
  void end_write(std::uint64_t id, write_result told);
  /// What it writes, so that it is known again.
  static std::string write_text(const tenure::term& t, std::uint64_t id);
  static std::string data_key(const std::string& election) { return "data/" + election; }
  /// A write to a store that knows nothing but the fence.
  void fenced_write(const tracked_term& c);

  std::size_t open_leases(const std::string& key) const;
  std::uint64_t terms() const noexcept { return terms_; }
  /// Everything is over: what was said about writes must still be so.
  void final_check();

 private:
  class sights {
   public:
    std::uint64_t looked_at = 0;  ///< the index that was seen last
    std::uint64_t held = 0;  ///< greatest index at which the process saw somebody hold the key
    time_point first_held_at{};  ///< when the first such answer since it entered arrived
  };
  class written {
   public:
    bool landed = false;
    bool told = false;
    write_result result = write_result::unknown;
  };

  void on_key_changed(const inflight_request& f, std::string_view body);
  void changed(const key_change& what);
  void key_freed(const key_change& what);
  void key_proclaimed(const key_change& what);
  void data_written(const key_change& what);
  void check_fence(const tracked_term& c);
  void check_overlap(tracked_term& beginner);
  void check_proof(const tracked_term& c);
  bool open(const tracked_term& c) const;
  /// Why DESIGN.md's table gives no protection between these two; none: it does.
  std::string no_protection(const tracked_term& older, const tracked_term& newer) const;
  void close(tracked_term& c);
  void check_write(std::uint64_t id, const written& w);

  world& world_;
  const scenario& scenario_;
  ground_truth& truth_;
  std::map<std::string, std::vector<std::shared_ptr<tracked_term>>> by_key_;
  std::map<actor, std::vector<std::shared_ptr<tracked_term>>> by_process_;
  std::map<std::string, std::shared_ptr<tracked_term>> newest_;  // with the greatest fence of any
  std::map<std::string, std::uint64_t> fenced_;   // what the store behind the fence has seen
  std::map<actor, std::map<std::string, sights, std::less<>>> sights_;
  std::map<std::uint64_t, written> writes_;
  std::uint64_t last_write_ = 0;
  std::uint64_t terms_ = 0;
};

}  // namespace tenure::sim
