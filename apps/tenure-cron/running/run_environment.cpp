#include "tenure-cron/running/run_environment.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "command/secret_variables.hpp"
#include "tenure-cron/jobs_file/job.hpp"

namespace tenure::cron {
namespace {

class variable_map {
 public:
  void set(std::string name, std::string value) {
    const auto [place, added] = places_.emplace(std::move(name), all_.size());
    const std::string text = place->first + '=' + value;
    if (added) {
      all_.push_back(text);
    } else {
      all_[place->second] = text;
    }
  }
  std::vector<std::string> take() { return std::move(all_); }

 private:
  std::unordered_map<std::string, std::size_t> places_;
  std::vector<std::string> all_;
};

bool is_named(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

variables read_env_files(const job& what) {
  variables all;
  for (const std::string& file : what.env_files) {
    for (auto& each : read_env_file(file)) all.push_back(std::move(each));
  }
  return all;
}

std::vector<std::string> environment_of(const run_request& run, unsigned attempt,
                                        const std::vector<std::string>& inherited,
                                        const variables& from_files) {
  const job& what = *run.what;
  variable_map made;
  for (const std::string& each : inherited) {
    const std::size_t equals = each.find('=');
    if (equals == std::string::npos) continue;
    const std::string name = each.substr(0, equals);
    if (!command::is_secret_variable(name) || is_named(what.pass_env, name))
      made.set(name, each.substr(equals + 1));
  }
  for (const auto& [name, value] : from_files) made.set(name, value);
  for (const auto& [name, value] : what.env) made.set(name, value);
  made.set("TENURE_JOB", what.name);
  made.set("TENURE_TICK", rfc3339(run.tick));
  made.set("TENURE_KEY", run.key);
  made.set("TENURE_FENCE", std::to_string(run.fence));
  made.set("TENURE_RUN", run.run_id);
  made.set("TENURE_TRIGGER", to_string(run.trigger));
  made.set("TENURE_ATTEMPT", std::to_string(attempt));
  return made.take();
}

}  // namespace tenure::cron
