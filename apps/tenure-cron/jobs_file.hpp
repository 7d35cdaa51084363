// The jobs file: what to run and when, in YAML.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tenure/time.hpp>
#include <utility>
#include <vector>

#include "tenure-cron/schedule/schedule.hpp"

namespace tenure::cron {

class job {
 public:
  explicit job(schedule s) : when(std::move(s)) {}

  std::string name;
  schedule when;
  std::vector<std::string> argv;
  std::vector<std::pair<std::string, std::string>> env;
  std::optional<duration> timeout;
};

/// An error in a file. Lines count from 1.
class mistake {
 public:
  mistake(int l, std::string t) : line(l), text(std::move(t)) {}

  int line;
  std::string text;
};

class jobs_file {
 public:
  std::string election;
  std::vector<job> jobs;
  /// In the order of the file. If there is one, do not use the rest.
  std::vector<mistake> mistakes;
};

/// Parses the text of a file and finds every mistake in it: keys that are missing, unknown or given
/// twice, and bad values. Text that is not YAML is reported alone.
jobs_file parse_jobs(const std::string& text);

}  // namespace tenure::cron
