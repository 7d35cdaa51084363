#include "tenure-cron/daemon/file_agreement.hpp"

#include <algorithm>

namespace tenure::cron {

std::vector<std::string> file_agreement::others(const std::vector<group_member_status>& members,
                                                const std::string& digest) {
  std::vector<std::string> found;
  for (const group_member_status& one : members) {
    const auto shown = one.labels.find(label);
    if (one.self || one.leaving || shown == one.labels.end()) continue;
    if (shown->second != digest) found.push_back(one.name + '=' + shown->second);
  }
  std::ranges::sort(found);
  return found;
}

bool file_agreement::news(const std::vector<group_member_status>& members,
                          const std::string& digest) const {
  const std::vector<std::string> now = others(members, digest);
  return now != differing_ || (!now.empty() && digest != digest_);
}

void file_agreement::compare(const std::vector<group_member_status>& members,
                             const std::string& digest) {
  if (!news(members, digest)) return;
  differing_ = others(members, digest);
  digest_ = digest;
  if (differing_.empty()) {
    log_->log(log_level::info, "jobs files agree",
              {log_field("election", election_), log_field("digest", digest_)});
    return;
  }
  std::string names;
  for (const std::string& one : differing_) names += (names.empty() ? "" : " ") + one;
  log_->log(log_level::warn, "jobs files differ",
            {log_field("election", election_), log_field("digest", digest_),
             log_field("others", names)});
}

}  // namespace tenure::cron
