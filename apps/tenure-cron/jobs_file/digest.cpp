// What two jobs, or two files, have in common as far as the replicas must agree on it.
#include <algorithm>
#include <cstdio>
#include <string_view>

#include "tenure-cron/jobs_file/jobs_file.hpp"
#include "tenure-cron/schedule/stable_hash.hpp"

namespace tenure::cron {
namespace {

// Joins fields so that two lists of fields never give the same text.
class canonical_text {
 public:
  canonical_text& add(std::string_view field) {
    text_ += std::to_string(field.size()) + ':';
    text_ += field;
    return *this;
  }
  canonical_text& add(std::int64_t number) { return add(std::to_string(number)); }
  canonical_text& add(duration d) { return add(static_cast<std::int64_t>(d.count())); }
  canonical_text& add(const std::vector<std::string>& list) {
    add(static_cast<std::int64_t>(list.size()));
    for (const std::string& entry : list) add(entry);
    return *this;
  }
  template <class T>
  canonical_text& add(const std::optional<T>& value) {
    return value ? add(std::int64_t{1}).add(*value) : add(std::int64_t{0});
  }
  template <class T>
    requires std::is_enum_v<T>
  canonical_text& add(T value) {
    return add(static_cast<std::int64_t>(value));
  }
  template <class T>
    requires std::is_integral_v<T>
  canonical_text& add(T value) {
    return add(static_cast<std::int64_t>(value));
  }
  canonical_text& add(const output_file& file) {
    return add(file.path).add(file.size).add(file.keep);
  }

  std::string digest() const {
    char text[17];
    std::snprintf(text, sizeof text, "%016llx",
                  static_cast<unsigned long long>(stable_hash(text_)));
    return text;
  }

 private:
  std::string text_;
};

canonical_text ticks_of(const job& j) {
  return canonical_text().add(j.name).add(j.when.text()).add(j.zone.name);
}

std::string whole(const job& j) {
  canonical_text all = ticks_of(j);
  all.add(j.splay).add(j.catch_up).add(j.starting_deadline).add(j.retry_unknown).add(j.overlap);
  all.add(j.max_parallel).add(j.retry.retries).add(j.retry.backoff).add(j.retry.most);
  all.add(j.history).add(j.run_on).add(j.on).add(j.argv).add(j.on_failure).add(j.timeout);
  all.add(j.kill).add(j.cwd).add(j.user).add(j.group).add(j.umask).add(j.nice);
  for (const auto& [name, value] : j.env) all.add(name).add(value);
  all.add(j.env_files).add(j.pass_env).add(j.input).add(j.output);
  return all.digest();
}

}  // namespace

std::string job::digest() const { return ticks_of(*this).digest(); }

std::string jobs_file::digest() const {
  std::vector<std::string> parts;  // the order of the jobs does not matter
  for (const job_ptr& j : jobs) parts.push_back(whole(*j));
  std::sort(parts.begin(), parts.end());
  canonical_text all;
  all.add(election).add(ledger).add(spread).add(limits.max_jobs);
  all.add(limits.max_parallel).add(limits.max_output).add(parts);
  all.add(token_file);
  return all.digest();
}

job_ptr jobs_file::find(const std::string& name) const {
  const auto found = std::find_if(jobs.begin(), jobs.end(),
                                  [&](const job_ptr& j) { return j->name == name; });
  return found == jobs.end() ? nullptr : *found;
}

}  // namespace tenure::cron
