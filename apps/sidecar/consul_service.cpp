#include "sidecar/consul_service.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

#include "runtime/task_scope.hpp"

namespace tenure::sidecar {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr int first_tries = 3;
constexpr duration between_tries = 5s;
// An agent that takes over tags from the catalog (EnableTagOverride) wakes nobody: short polls.
constexpr duration one_poll = 5s;
constexpr duration pace = 1s;        // of polls that nothing answers
constexpr duration tick = 500ms;  // how often the session and the lease are looked at
constexpr duration first_pause = 250ms;
constexpr duration longest_pause = 2s;
constexpr duration farewell = 3s;    // what an agent that does not answer costs at the end
constexpr duration quiet_time = 1min;  // without repairs: nobody works against us
constexpr duration longest_truce = 10s;
constexpr unsigned suspicious = 3;  // so many repairs in a row

}  // namespace

consul_service::consul_service(std::shared_ptr<const runtime::environment> outside,
                               consul_config consul, consul_service_options options,
                               std::function<std::string()> session)
    : outside_(std::move(outside)),
      agent_(outside_, std::move(consul)),
      options_(std::move(options)),
      session_(std::move(session)),
      changed_(*outside_->timers),
      id_(options_.id) {}

void consul_service::changed(const status&) { changed_.notify_all(); }

// -- while we lead -------------------------------------------------------------------------------

asio::awaitable<void> consul_service::lead(term t) {
  term_ = t;
  leading_ = true;
  changed_.notify_all();
  // A term that is over does not tell any more until when its lease lasts.
  time_point lease_end = t.valid_until();
  try {
    for (;;) {
      lease_end = std::max(lease_end, t.valid_until());
      co_await runtime::sleep_until(*outside_->timers, now() + tick);
    }
  } catch (const boost::system::system_error&) {
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  lease_end = std::max(lease_end, t.valid_until());
  leading_ = false;
  changed_.notify_all();
  while (!ended_ && !in_step() && now() < lease_end) co_await changed_.wait(lease_end);
  if (!ended_ && !in_step())
    log(log_level::error, "the agent did not take the label off before the lease ended");
  term_ = term();
}

service_marks consul_service::wanted() const {
  service_marks marks;
  marks.leading = leading_ && !leaving_ && term_.holds();
  if (!leaving_) marks.session = marks.leading ? term_.session() : session_();
  return marks;
}

// -- for as long as the sidecar runs -------------------------------------------------------------

asio::awaitable<void> consul_service::run() {
  runtime::task_scope tasks(outside_->executor, *outside_->timers, [](std::exception_ptr) {});
  std::exception_ptr failed;
  try {
    co_await find_first();
    tasks.spawn(watch());
    co_await keep();
  } catch (...) {
    failed = std::current_exception();
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  tasks.cancel();
  co_await tasks.join();
  leaving_ = true;
  if (!id_.empty()) co_await leave();
  ended_ = true;
  changed_.notify_all();
  std::rethrow_exception(failed);  // keep() ends by an exception alone
}

asio::awaitable<void> consul_service::find_first() {
  const std::string what = options_.id.empty() ? "no service for allocation " + options_.allocation
                                               : "no service " + options_.id;
  for (int i = 1;; ++i) {
    const std::string found = co_await find();
    id_ = found;
    if (!id_.empty()) co_return;
    log(log_level::error, what + " (try " + std::to_string(i) + " of " +
                              std::to_string(first_tries) + ")");
    if (i == first_tries) break;
    co_await runtime::sleep_until(*outside_->timers, now() + between_tries);
  }
  if (!unanswered_.empty()) throw fatal_error(1, unanswered_);
  throw fatal_error(1, what + " at the Consul agent: is it registered there?");
}

// The service's id; empty where there is none, or no agent.
asio::awaitable<std::string> consul_service::find() {
  if (!options_.id.empty()) {
    const consul::service_result known = co_await agent_.read(options_.id);
    note_answer(known);
    co_return known.service ? options_.id : std::string();
  }
  std::string filter = "ID matches \"_nomad-task-" + options_.allocation + "-.*\"";
  consul::service_list found = co_await agent_.find(std::move(filter));
  note_answer(found);
  // A sidecar proxy's id begins as that of its service does.
  std::erase_if(found.services, [](const auto& s) { return !s.kind.empty(); });
  if (found.services.empty()) co_return std::string();
  const auto named = std::find_if(found.services.begin(), found.services.end(),
                                  [&](const auto& s) { return s.name == options_.name; });
  if (named != found.services.end()) co_return named->id;
  const std::string id = found.services.front().id;
  if (found.services.size() > 1)
    log(log_level::warn, "allocation " + options_.allocation + " has " +
                             std::to_string(found.services.size()) + " services, none of them '" +
                             options_.name + "': taking " + id);
  co_return id;
}

void consul_service::note_answer(const consul::answer_base& answer) {
  unanswered_ = answer.error ? answer.detail : std::string();
  if (answer.error) log(log_level::error, answer.detail);
}

asio::awaitable<void> consul_service::keep() {
  duration pause = first_pause;
  for (;;) {
    put_file(told_.leading && wanted().leading);
    if (!in_step() && (told_ != wanted() || now() >= not_before_)) {
      const bool good = co_await apply(wanted());
      pause = good ? first_pause : std::min<duration>(pause * 2, longest_pause);
      if (good) changed_.notify_all();
      // What changed meanwhile does not wait.
      if (!good) co_await changed_.wait(now() + pause);
      continue;
    }
    time_point until = now() + tick;
    if (dirty_) until = std::min(until, not_before_);
    co_await changed_.wait(until);
  }
}

// Reads the service and writes it back with its marks where they differ. True: it has them.
asio::awaitable<bool> consul_service::apply(service_marks marks) {
  const bool repair = dirty_ && told_ == marks && !hash_.empty();
  for (int round = 0; round < 5; ++round) {
    dirty_ = false;  // what is told from here on is news
    const consul::service_result known = co_await agent_.read(id_);
    if (!known.error && !known.service) {
      const bool again = co_await lost();
      if (again) continue;
      co_return false;
    }
    if (known.error) {
      dirty_ = true;
      log(log_level::warn, known.detail);
      co_return false;
    }
    missing_ = false;
    auto body = registration(*known.service, marks, options_.labels, refused_);
    if (!body) {
      told_ = marks;
      hash_ = known.service->hash;
      trouble_.clear();
      changed_.notify_all();
      co_return true;
    }
    // Not a moment after the lease: the request may not outlive it.
    const time_point latest = now() + 10s;
    const time_point deadline = marks.leading ? std::min(latest, term_.stop_at()) : latest;
    if (marks.leading && !(wanted() == marks)) break;
    if (repair && round == 0) note_repair(known.service->tags_overridable);
    const consul::service_written done = co_await agent_.write(std::move(*body), deadline);
    if (!done.unknown_field.empty() && refused_.insert(done.unknown_field).second) continue;
    if (done.error) {
      log(log_level::warn, done.detail);
      break;
    }
  }
  dirty_ = true;
  co_return false;
}

// The service is not there any more: its next registration may have another id.
asio::awaitable<bool> consul_service::lost() {
  if (!missing_) log(log_level::warn, "service " + id_ + " is not registered any more");
  missing_ = true;
  dirty_ = true;
  hash_.clear();
  if (!options_.id.empty() || leaving_) co_return false;
  const std::string found = co_await find();
  if (found.empty() || found == id_) co_return false;
  id_ = found;
  refused_.clear();
  co_return true;
}

// Somebody else may register the service anew, and our marks are gone.
asio::awaitable<void> consul_service::watch() {
  for (;;) {
    while (hash_.empty() || dirty_) co_await changed_.wait();
    const std::string seen = hash_;
    const time_point asked = now();
    const consul::service_result news = co_await agent_.watch(id_, seen, one_poll);
    if (seen != hash_) continue;  // that was ourselves
    const bool same = !news.error && news.service && news.service->hash == seen;
    // An agent that does not wait is looked at now and then.
    if (news.error || same) co_await runtime::sleep_until(*outside_->timers, asked + pace);
    if (same) continue;
    dirty_ = true;
    changed_.notify_all();
  }
}

// Without marks that say what is no longer true. In good time, or not at all.
asio::awaitable<void> consul_service::leave() {
  put_file(false);
  const time_point end = now() + farewell;
  while (!in_step() && now() < end) {
    const bool good = co_await apply(wanted());
    if (!good) co_await runtime::sleep_until(*outside_->timers, now() + first_pause);
    if (missing_) co_return;
  }
  if (!in_step()) log(log_level::error, "the agent did not take the marks off service " + id_);
}

void consul_service::note_repair(bool overridable) {
  repairs_ = now() < last_repair_ + quiet_time ? repairs_ + 1 : 1;
  last_repair_ = now();
  const unsigned doubling = std::min(repairs_ - 1, 6U);
  not_before_ = repairs_ == 1 ? now() : now() + std::min<duration>(250ms * (1U << doubling),
                                                                   longest_truce);
  std::string line = "somebody registered service " + id_ + " anew: putting the marks back";
  if (repairs_ >= suspicious && !overridable)
    line += "; does a scheduler keep it as it was? (enable_tag_override lets it be)";
  log(repairs_ >= suspicious ? log_level::warn : log_level::info, line);
}

void consul_service::put_file(bool leading) {
  if (options_.file.empty() || (file_known_ && file_there_ == leading)) return;
  bool good = false;
  if (leading) {
    const int fd = ::open(options_.file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    good = fd >= 0 && ::futimens(fd, nullptr) == 0;
    if (fd >= 0) ::close(fd);
  } else {
    good = ::unlink(options_.file.c_str()) == 0 || errno == ENOENT;
  }
  if (!good) log(log_level::error, options_.file + ": " + std::strerror(errno));
  file_known_ = true;  // a folder that cannot be written is told once
  file_there_ = leading;
}

void consul_service::log(log_level level, const std::string& line) {
  if (line == trouble_) return;
  trouble_ = line;
  outside_->log->log(level, line);
}

}  // namespace tenure::sidecar
