// The elections in a folder: those of tenure-cron's jobs, or whatever lies below a key.
#include <string>

#include "tenure/doctor/subject.hpp"

namespace tenure::doctor {
namespace {

constexpr std::size_t most_named = 3;

// "a, b, c and 4 more"
std::string some_of(const std::vector<std::string>& keys) {
  std::string text;
  for (std::size_t i = 0; i < keys.size() && i < most_named; ++i)
    text += (i == 0 ? "" : ", ") + keys[i];
  if (keys.size() > most_named)
    text += " and " + std::to_string(keys.size() - most_named) + " more";
  return text;
}

// A semaphore's key is never held by a session: its slots are in its value.
bool is_free(const stored_key& election) {
  return election.session.empty() && election.flags != semaphore_flags;
}

}  // namespace

void check_folder(report& out, const subject& what) {
  if (what.below.empty()) {
    out.warning("key", "there is no election below " + what.key + '/',
                "start a candidate, or read the log of the one that runs");
    return;
  }
  std::vector<std::string> all;
  std::vector<std::string> free;
  for (const stored_key& one : what.below) {
    all.push_back(one.key);
    if (is_free(one)) free.push_back(one.key);
  }
  out.ok("key", what.key + " is no election, and " + count_of(all.size(), "election") +
                    (all.size() == 1 ? " lies" : " lie") + " below it: " + some_of(all) +
                    "; tenure list " + what.key + "/ shows who leads");
  if (!free.empty()) {
    out.warning("elections",
                count_of(free.size(), "election") + (free.size() == 1 ? " has" : " have") +
                    " no leader: " + some_of(free),
                "tenure doctor " + free.front());
  }
  report_group_of(out, what);
}

}  // namespace tenure::doctor
