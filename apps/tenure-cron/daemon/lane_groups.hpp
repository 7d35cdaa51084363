// The groups of one jobs file: the one that its elections spread over, and one more for each set of
// labels that a job asks for. Only replicas that have the labels join the latter.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tenure/elections.hpp>
#include <tenure/group.hpp>
#include <tenure/membership.hpp>
#include <vector>

namespace tenure::cron {

class lane_groups {
 public:
  /// Joins the main group. `labels`: of this replica, "gpu" or "zone=a". Throws bad_configuration.
  lane_groups(elections& all, std::string prefix, membership how, std::set<std::string> labels);

  group& main() noexcept { return *main_; }
  const group& main() const noexcept { return *main_; }
  /// The group for a job with these labels, which this replica has; joins it at the first call.
  group& for_labels(const std::vector<std::string>& on);
  /// How its prefix is made: "jobs.on.gpu+ssd".
  static std::string prefix_for(const std::string& main, std::vector<std::string> on);

  /// Calls `begin` for each group of labels, now or when it is joined. Its owner calls
  /// follow_drain() after each of its changes.
  void watch_labels(std::function<void(group&)> begin);

  /// Publishes the digest of the jobs file.
  void publish(const std::string& digest);
  /// While operators drain this member in the main group, it gives up what it leads in the groups
  /// of labels, and is busy in the main one until it leads nothing there.
  void follow_drain();
  /// From now on the other members take what this one leads.
  void give_up();
  /// Whether the others have been able to see give_up().
  bool given_up() const;

 private:
  std::map<std::string, std::string> shown_labels() const;
  bool idle_by_labels() const;

  elections& elections_;
  std::string prefix_;
  membership how_;
  std::set<std::string> labels_;
  std::string digest_;
  std::optional<group> main_;
  std::map<std::string, group> by_labels_;  // by prefix
  std::function<void(group&)> begin_watch_;
  bool drained_ = false;
  bool giving_up_ = false;
};

}  // namespace tenure::cron
