// One job of a jobs file: when it is due, what it runs, and what happens around a run.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <tenure/time.hpp>
#include <utility>
#include <vector>

#include "tenure-cron/schedule/schedule.hpp"
#include "tenure-cron/schedule/time_zones.hpp"

namespace tenure::cron {

/// What happens at a tick while an earlier run of the job goes on.
enum class overlap_rule { forbid, allow, replace, queue };

/// Which processes of a run are stopped: the command, its process group, or all descendants.
enum class kill_scope { process, group, tree };

/// Which replicas run the job.
enum class run_place { leader, all };

/// A failed run is started again, after pauses that double from `backoff` up to `most`.
class retry_rule {
 public:
  std::uint32_t retries = 0;  ///< attempts after the first
  duration backoff = std::chrono::seconds(10);
  duration most = std::chrono::minutes(5);
};

/// A file that gets the output of a job, in place of standard output.
class output_file {
 public:
  std::string path;
  std::uint64_t size = 10'000'000;  ///< in bytes; a larger file is rotated
  std::uint32_t keep = 5;           ///< rotated files
};

/// `catch_up: all`.
constexpr std::uint32_t catch_up_all = std::numeric_limits<std::uint32_t>::max();

/// Held by std::shared_ptr<const job>: a reload replaces jobs while their runs go on.
class job {
 public:
  job(schedule s, named_zone z) : when(std::move(s)), zone(std::move(z)) {}

  /// The same for two jobs with the same ticks: 16 hexadecimal digits that follow from the name,
  /// the schedule and its zone. The ledger compares it.
  std::string digest() const;

  std::string name;
  schedule when;
  named_zone zone;    ///< in which the schedule is read
  duration splay{0};  ///< a run begins up to so much after its tick

  std::uint32_t catch_up = 1;  ///< how many missed ticks run late, the newest of them
  duration starting_deadline = std::chrono::minutes(5);  ///< a tick that is older is skipped
  bool retry_unknown = false;  ///< run a tick again whose run has an unknown end
  overlap_rule overlap = overlap_rule::forbid;
  std::optional<std::uint32_t> max_parallel;  ///< runs of the job, with overlap_rule::allow
  retry_rule retry;
  std::uint32_t history = 100;  ///< records that the ledger keeps

  run_place run_on = run_place::leader;
  std::vector<std::string> on;  ///< labels that the leader of the job must have

  std::vector<std::string> argv;
  std::vector<std::string> on_failure;  ///< argv; gets the record of a failed run
  std::optional<duration> timeout;      ///< of each attempt
  kill_scope kill = kill_scope::tree;
  std::string cwd;    ///< empty: that of the replica
  std::string user;   ///< name or number; empty: that of the replica
  std::string group;  ///< name or number; empty: that of the user
  std::optional<std::uint32_t> umask;
  std::optional<int> nice;
  std::vector<std::pair<std::string, std::string>> env;
  std::vector<std::string> env_files;  ///< read at each attempt; `env` wins
  std::vector<std::string> pass_env;   ///< secrets of the replica that the job gets, by name
  std::optional<std::string> input;    ///< its standard input; /dev/null without it
  std::optional<output_file> output;   ///< standard output of the replica without it
};

using job_ptr = std::shared_ptr<const job>;

}  // namespace tenure::cron
