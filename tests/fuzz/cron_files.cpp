// The jobs file of tenure-cron, and the files of variables that it names.
#include <string>

#include "target.hpp"
#include "tenure-cron/jobs_file/jobs_file.hpp"
#include "tenure-cron/running/env_file.hpp"

namespace {

using namespace tenure::cron;
using tenure::fuzz::require;

void read_jobs(const std::string& text) {
  const jobs_file file = parse_jobs(text);
  for (const tenure::apps::config_error& error : file.errors) {
    require(error.line >= 0, "an error is in a line");
    require(!error.text.empty() && error.text.find('\n') == std::string::npos,
            "an error is one line");
  }
  if (!file.errors.empty()) return;
  require(file.digest() == parse_jobs(text).digest(), "the same file has the same digest");
  for (const job_ptr& each : file.jobs) require(file.find(each->name) == each, "a job is found");
}

void read_variables(std::string_view text) {
  try {
    for (const auto& [name, value] : parse_env("file", text)) {
      require(!name.empty() && name.find('=') == std::string::npos, "a variable has a name");
      require((name + value).find('\0') == std::string::npos, "a process can have it");
    }
  } catch (const bad_env_file& refused) {
    require(std::string_view(refused.what()).find('\n') == std::string_view::npos,
            "a refusal is one line");
  }
}

void read(std::string_view input) {
  if (tenure::fuzz::take_choice(input, 4) == 0) return read_variables(input);
  read_jobs(std::string(input));
}

const tenure::fuzz::target it("cron_files", read);

}  // namespace
