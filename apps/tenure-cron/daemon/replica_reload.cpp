// How a replica takes over new files: at SIGHUP, and when a file has changed.
#include <algorithm>
#include <boost/system/system_error.hpp>
#include <map>
#include <set>
#include <utility>

#include "common/config_errors.hpp"
#include "common/duration.hpp"
#include "tenure-cron/daemon/replica.hpp"
#include "tenure-cron/jobs_file/shared_keys.hpp"

namespace tenure::cron {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

// A file that is being written changes again: it is read when it was quiet for one interval.
constexpr duration look_interval = 500ms;

}  // namespace

asio::awaitable<void> replica::watch_files() {
  std::string pending;
  for (;;) {
    co_await runtime::sleep_until(*context_.timers, context_.timers->now() + look_interval);
    std::string now = stamp();
    if (signal_ != 0 || now == stamp_) {
      pending.clear();
    } else if (now == pending) {
      reload(reload_cause::change);
    } else {
      pending = std::move(now);
    }
  }
}

std::string replica::stamp() const {
  std::string all = source_.stamp();
  for (const auto& [path, token] : awaited_tokens_) all += stamp_of(token.first);
  return all;
}

void replica::reload(reload_cause why) {
  log_->log(log_level::info, "reload requested",
            {log_field("path", source_.path()),
             log_field("cause", why == reload_cause::signal ? "signal" : "change")});
  if (why == reload_cause::signal) texts_.clear();
  if (context_.manager != nullptr) context_.manager->reloading();
  read_files();
  if (context_.manager != nullptr) context_.manager->ready();
}

void replica::read_files() {
  const std::string files = source_.stamp();
  std::vector<jobs_text> all;
  try {
    // Leases are kept meanwhile: no waits.
    all = source_.read(running_ ? runtime::input_kind::regular : runtime::input_kind::any);
  } catch (const apps::usage_error& e) {
    was_read(e.what());  // the stamp until the folder can be listed again: then it is read
    log_->log(log_level::error, "jobs file refused", {log_field("why", e.what())});
    return;
  }
  names_.clear();
  for (const jobs_text& one : all) names_.insert(one.tenant);
  std::map<std::string, std::string> texts;
  for (const jobs_text& one : all) {
    const std::string& now = texts[one.path] = one.text + one.error;
    const auto before = texts_.find(one.path);
    const auto token = awaited_tokens_.find(one.path);
    const bool same_token =
        token == awaited_tokens_.end() || stamp_of(token->second.first) == token->second.second;
    if (before != texts_.end() && before->second == now && same_token) continue;
    try {
      read(one);
    } catch (const std::exception& e) {
      complain(one, {apps::config_error(0, e.what())});
    }
  }
  texts_ = std::move(texts);
  std::erase_if(awaited_tokens_, [this](const auto& e) { return !texts_.contains(e.first); });
  was_read(files);
  for (const auto& one : tenants_) {
    if (!names_.contains(one->name()) && !one->ending()) begin_removal(*one);
  }
}

/// `files`: their stamp when they were read.
void replica::was_read(const std::string& files) {
  stamp_ = files;
  for (const auto& [path, token] : awaited_tokens_) stamp_ += token.second;
}

/// With a mistake in the file, or in its relation to other files, nothing changes.
void replica::read(const jobs_text& one) {
  const auto refuse = [&](std::string why) {
    complain(one, {apps::config_error(0, std::move(why))});
  };
  awaited_tokens_.erase(one.path);
  if (!one.error.empty()) return refuse(one.error);
  jobs_file parsed = parse_jobs(one.text);
  if (!parsed.errors.empty()) return complain(one, parsed.errors);
  for (const auto& other : tenants_) {
    if (other->name() == one.tenant) continue;
    std::string why = shared_keys(parsed, other->file(), other->name());
    if (why.empty()) continue;
    const bool ends = other->ending() || !names_.contains(other->name());
    if (ends) return wait_for(one, *other);
    return refuse(std::move(why));
  }
  if (const auto& token = parsed.token_file)
    awaited_tokens_[one.path] = {*token, stamp_of(*token)};
  std::string why = take_over(one, std::move(parsed));
  if (!why.empty()) return refuse(std::move(why));
  awaited_tokens_.erase(one.path);
}

/// Returns why it cannot be used, or throws.
std::string replica::take_over(const jobs_text& one, jobs_file parsed) {
  tenant* const known = find(one.tenant);
  if (known == nullptr) {
    tenants_.push_back(std::make_unique<tenant>(context_, one.tenant, std::move(parsed)));
    if (running_) start(*tenants_.back());
    return {};
  }
  if (known->ending()) return {};  // remove() reads the files again
  if (parsed.digest() != known->digest()) return known->reload(std::move(parsed));
  log_->log(log_level::info, "jobs file unchanged", {log_field("path", one.path)});
  return {};
}

void replica::complain(const jobs_text& one, const std::vector<apps::config_error>& mistakes) {
  for (const apps::config_error& e : mistakes) {
    const std::string line = e.line > 0 ? apps::located(one.path, e) : one.path + ": " + e.text;
    if (!running_) first_mistakes_.push_back(line);
    if (!running_ && !source_.is_folder()) continue;  // the caller prints them
    log_->log(log_level::error, "jobs file refused", {log_field("why", line)});
  }
}

/// The keys become free: remove() reads the files again.
void replica::wait_for(const jobs_text& one, const tenant& gone) {
  log_->log(log_level::info, "jobs file waits",
            {log_field("path", one.path), log_field("tenant", gone.name())});
}

/// Its file is gone: its runs end, then its elections are left.
void replica::begin_removal(tenant& gone) {
  log_->log(log_level::info, "tenant removed",
            {log_field("tenant", gone.name()), log_field("election", gone.file().election)});
  removals_.spawn(remove(&gone));
}

asio::awaitable<void> replica::remove(tenant* gone) {
  co_await gone->end(stop_at_);
  if (signal_ != 0) co_return;  // run() waits for it, too
  std::erase_if(tenants_, [&](const auto& one) { return one.get() == gone; });
  texts_.clear();  // another file may take its election
  read_files();
}

}  // namespace tenure::cron
