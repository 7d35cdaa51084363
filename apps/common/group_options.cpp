#include "common/group_options.hpp"

#include <cstdint>
#include <limits>

#include "common/argument_checks.hpp"
#include "common/candidacy_errors.hpp"
#include "common/options.hpp"

namespace tenure::apps {

void group_options::add_to(CLI::App& app) {
  app.add_option("--group", prefix_,
                 "join the group below this prefix, and lead only what its plan gives to this "
                 "member")
      ->type_name("PREFIX")
      ->check(check_group_prefix)
      ->envname("TENURE_GROUP");
  app.add_option("--member", member_,
                 "the member's name, unique in the group (default: the host name)")
      ->type_name("NAME")
      ->envname("TENURE_MEMBER");
  app.add_option("--weight", weight_,
                 "the member's part of the group's elections is its weight divided by the sum of "
                 "all weights; 0: it leads nothing (default: 100)")
      ->type_name("N")
      ->check(whole_number(0, membership::most_weight))
      ->envname("TENURE_WEIGHT");
  app.add_option("--capacity", capacity_,
                 "the member leads at most this number of elections (default: no limit)")
      ->type_name("N")
      ->check(whole_number(0, std::numeric_limits<std::uint32_t>::max() - 1))
      ->envname("TENURE_CAPACITY");
}

std::optional<group_membership> group_options::membership_with(
    candidacy how, const std::string& default_member) const {
  if (prefix_.empty()) {
    const char* const given = !member_.empty() && !member_alone_ ? "--member"
                              : weight_        ? "--weight"
                              : capacity_      ? "--capacity"
                                               : nullptr;
    if (given != nullptr) throw usage_error(std::string(given) + ": only with --group");
    return std::nullopt;
  }
  std::string prefix = without_end_slashes(prefix_);
  membership made(member_.empty() ? default_member : member_, std::move(how));
  if (weight_) made.weight(*weight_);
  made.capacity(capacity_);
  check_membership(made);
  return group_membership(std::move(prefix), std::move(made));
}

}  // namespace tenure::apps
