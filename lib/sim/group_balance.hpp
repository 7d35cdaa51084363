// Rule L5: once the faults are over, every member of a group leads its share, and then no election
// of it changes its leader. Shares are computed here from the store's true content, and by another
// way than the library's: by a search for the level to which all members are filled.
#pragma once

#include <string>
#include <tenure/time.hpp>
#include <vector>

#include "sim/ground_truth.hpp"
#include "sim/process_set.hpp"
#include "sim/run_context.hpp"

namespace tenure::sim {

class group_balance {
 public:
  /// How long nothing may move.
  static constexpr duration quiet_time = std::chrono::seconds(60);

  group_balance(const run_context& context, const ground_truth& truth,
                const process_set& processes)
      : context_(context), truth_(truth), processes_(processes) {}

  void restart() noexcept { since_ = time_point::max(); }
  /// Looks at the groups now. True once all were balanced and quiet for the quiet time.
  bool settled();
  /// Why they are not balanced now, or what the members see that is not so; empty: nothing.
  std::string unbalanced() const;
  std::string misjudged() const;

 private:
  class member {
   public:
    std::string name, session;
    double weight = 0, capacity = 0;
    bool may_lead = false;
    std::uint64_t create_index = 0;
    double pinned = 0;
    std::size_t leads = 0;
  };
  using member_list = std::vector<member>;

  /// The members by their keys; `why` is set where a key is not as it should be.
  member_list members_of(std::size_t group, std::string& why) const;
  std::string unbalanced(std::size_t group) const;
  std::string misplaced_pins(std::size_t group, member_list& members) const;
  static std::string beyond_share(const member_list& members, std::size_t elections);
  std::vector<std::uint64_t> fences() const;

  const run_context& context_;
  const ground_truth& truth_;
  const process_set& processes_;
  std::vector<std::uint64_t> last_fences_;
  time_point since_ = time_point::max();  // from when on they are balanced and nothing moves
};

}  // namespace tenure::sim
