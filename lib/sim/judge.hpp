// The checkers of safety. They see true time, the truth about every key, and what every process
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

#include "sim/flight.hpp"
#include "sim/machine.hpp"
#include "sim/plan.hpp"
#include "sim/truth.hpp"
#include "sim/world.hpp"

namespace tenure::sim {

/// One term, as the judge keeps it. Process numbers are never used twice.
class case_file {
 public:
  case_file(tenure::term t, const machine& m, actor who, duration span)
      : term(std::move(t)), where(m), by(who), span(span) {}

  tenure::term term;
  const machine& where;
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

class judge {
 public:
  judge(world& its_world, const plan& its_plan, truth& what_is);

  // -- what the processes do ----------------------------------------------------------------------
  std::shared_ptr<case_file> term_began(tenure::term t, const machine& m, actor who, duration span);
  void body_ended(case_file& c);
  /// The process may have changed its mind about its terms: looks at all of them.
  void look(actor who);
  void process_paused(actor who);
  void process_died(actor who);
  void election_entered(actor who, const std::string& key);
  void answer_seen(const flight& f);

  /// A guarded write is on its way, and what its maker was told about it.
  std::uint64_t write_began();
  void write_ended(std::uint64_t id, write_result told);
  /// What it writes, so that it is known again.
  static std::string write_text(const tenure::term& t, std::uint64_t id);
  static std::string data_key(const std::string& election) { return "data/" + election; }
  /// A write to a store that knows nothing but the fence.
  void fenced_write(const case_file& c);

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

  void on_key_changed(const flight& f, std::string_view body);
  void changed(const key_change& what);
  void key_freed(const key_change& what);
  void key_proclaimed(const key_change& what);
  void data_written(const key_change& what);
  void check_fence(const case_file& c);
  void check_overlap(case_file& beginner);
  void check_proof(const case_file& c);
  bool open(const case_file& c) const;
  /// Why DESIGN.md's table gives no protection between these two; none: it does.
  std::string no_protection(const case_file& older, const case_file& newer) const;
  void close(case_file& c);
  void check_write(std::uint64_t id, const written& w);

  world& world_;
  const plan& plan_;
  truth& truth_;
  std::map<std::string, std::vector<std::shared_ptr<case_file>>> by_key_;
  std::map<actor, std::vector<std::shared_ptr<case_file>>> by_process_;
  std::map<std::string, std::shared_ptr<case_file>> newest_;  // with the greatest fence of any
  std::map<std::string, std::uint64_t> fenced_;   // what the store behind the fence has seen
  std::map<actor, std::map<std::string, sights, std::less<>>> sights_;
  std::map<std::uint64_t, written> writes_;
  std::uint64_t last_write_ = 0;
  std::uint64_t terms_ = 0;
};

}  // namespace tenure::sim
