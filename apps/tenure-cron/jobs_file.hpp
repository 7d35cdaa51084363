// The jobs file: what to run and when, in YAML.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tenure/time.hpp>
#include <utility>
#include <vector>

#include "tenure-cron/schedule.hpp"

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

/// Something that is wrong with a file. Lines count from 1.
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
  /// Where there is one, the rest is not to be used. In the order of the file.
  std::vector<mistake> mistakes;
};

/// Reads the text of a file, and finds every mistake in it: keys that are missing, unknown or given
/// twice, values that cannot work, and, alone, what is not YAML.
jobs_file parse_jobs(const std::string& text);

}  // namespace tenure::cron
