#include "tenure-cron/jobs_file/shared_keys.hpp"

#include <vector>

namespace tenure::cron {
namespace {

class owned_prefix {
 public:
  owned_prefix(const char* w, const std::string& k) : what(w), key(k) {}

  std::string text() const { return "the " + what + " '" + key + "'"; }
  bool contains(const owned_prefix& other) const { return other.key.starts_with(key + '/'); }

  std::string what;
  std::string key;
};

std::vector<owned_prefix> prefixes_of(const jobs_file& file) {
  return {{"election", file.election}, {"ledger", file.ledger}};
}

std::string conflict_of(const owned_prefix& ours, const owned_prefix& theirs,
                        const std::string& name) {
  if (ours.key == theirs.key) {
    const std::string word = ours.what == theirs.what ? "that" : "the " + theirs.what;
    return ours.text() + " is " + word + " of " + name;
  }
  if (theirs.contains(ours)) return ours.text() + " lies below " + theirs.text() + " of " + name;
  if (ours.contains(theirs)) return ours.text() + " contains " + theirs.text() + " of " + name;
  return {};
}

}  // namespace

std::string shared_keys(const jobs_file& one, const jobs_file& other, const std::string& name) {
  for (const owned_prefix& ours : prefixes_of(one)) {
    for (const owned_prefix& theirs : prefixes_of(other)) {
      std::string why = conflict_of(ours, theirs, name);
      if (!why.empty()) return why;
    }
  }
  return {};
}

}  // namespace tenure::cron
