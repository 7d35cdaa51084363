// Whether all replicas have the same jobs file. Each publishes the digest of its file as a label of
// its member key, and compares it with those of the others.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <tenure/group.hpp>
#include <tenure/log.hpp>
#include <vector>

namespace tenure::cron {

class file_agreement {
 public:
  /// The label that holds the digest.
  static constexpr const char* label = "jobs_file";

  file_agreement(std::shared_ptr<log_sink> log, std::string election)
      : log_(std::move(log)), election_(std::move(election)) {}

  /// The members that have another file than this one: "name=digest", in the order of names. Those
  /// that leave or show no digest do not count.
  static std::vector<std::string> others(const std::vector<group_member_status>& members,
                                         const std::string& digest);

  /// Logs each change of what others() returns.
  void compare(const std::vector<group_member_status>& members, const std::string& digest);
  /// Whether compare() has something to log.
  bool news(const std::vector<group_member_status>& members, const std::string& digest) const;
  const std::vector<std::string>& differing() const noexcept { return differing_; }

 private:
  std::shared_ptr<log_sink> log_;
  std::string election_;
  std::vector<std::string> differing_;
  std::string digest_;  ///< of this replica when differing_ was logged
};

}  // namespace tenure::cron
