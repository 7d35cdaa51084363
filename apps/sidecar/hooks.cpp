#include "sidecar/hooks.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <utility>

#include "command/output_lines.hpp"
#include "sidecar/environment_text.hpp"

namespace tenure::sidecar {

namespace asio = boost::asio;
using command::outcome;
using namespace std::chrono_literals;

namespace {

constexpr duration proof_patience = 2s;  // before a guarantee counts as lost
constexpr duration without_guarantee = 500ms;  // how often it is looked for
constexpr duration least_pause = 10ms;
constexpr duration farewell = 10s;  // for the last hook of all

// Hooks call is-leader, leader-get and leader-set, which are names of this very program.
std::string search_path() {
  char place[4096];
  const ssize_t size = ::readlink("/proc/self/exe", place, sizeof place);
  const std::string program(place, size > 0 ? static_cast<std::size_t>(size) : 0);
  const char* path = std::getenv("PATH");
  const std::string usual = path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin";
  const std::size_t slash = program.rfind('/');
  return slash == std::string::npos ? usual : program.substr(0, slash) + ":" + usual;
}

}  // namespace

hooks::hooks(std::shared_ptr<const runtime::environment> outside, command::command_host& commands,
             tenure::leader_settings settings, hook_snapshots& snapshots, hooks_options options,
             std::function<std::string()> session)
    : outside_(std::move(outside)),
      commands_(commands),
      settings_(std::move(settings)),
      snapshots_(snapshots),
      options_(std::move(options)),
      session_(std::move(session)),
      changed_(*outside_->timers),
      nothing_(::open("/dev/null", O_RDONLY | O_CLOEXEC)) {}

hooks::~hooks() {
  if (nothing_ >= 0) ::close(nothing_);
}

void hooks::changed(const status& now) {
  status_ = now;
  const bool waits = now.standing == standing::watching || now.standing == standing::candidate;
  // A key that we have just won is seen before the term is told.
  const bool other = waits && !now.term && now.leader.present() && now.leader.session != session_();
  if (other && !term_) plan_.following();
  changed_.notify_all();
}

// -- while we lead -------------------------------------------------------------------------------

asio::awaitable<void> hooks::lead(term t) {
  term_ = t;
  runtime::task_scope tasks(outside_->executor, *outside_->timers, [](std::exception_ptr) {});
  tasks.spawn(follow_guarantee(t));
  try {
    for (;;) co_await changed_.wait();
  } catch (const boost::system::system_error&) {
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  tasks.cancel();
  co_await tasks.join();
  term_ = term();
  plan_.term_over();
  if (elected_) elected_->stop();
  changed_.notify_all();
  while (elected_) co_await changed_.wait();
}

asio::awaitable<void> hooks::follow_guarantee(term t) {
  runtime::task_scope proofs(outside_->executor, *outside_->timers, [](std::exception_ptr) {});
  try {
    for (;;) {
      // A regular proof may be late: one on demand tells.
      const time_point give_up = now() + proof_patience;
      if (!t.guarantees(options_.guarantee) && !std::exchange(proving_, true))
        proofs.spawn(prove(t));
      while (!t.guarantees(options_.guarantee) && proving_ && now() < give_up)
        co_await changed_.wait(give_up);
      const bool guaranteed = t.guarantees(options_.guarantee);
      plan_.leading(t.fence(), guaranteed);
      changed_.notify_all();
      const time_point until =
          guaranteed ? t.valid_until() - options_.guarantee : now() + without_guarantee;
      co_await runtime::sleep_until(*outside_->timers, std::max(until, now() + least_pause));
    }
  } catch (const boost::system::system_error&) {
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  proofs.cancel();
  co_await proofs.join();
}

asio::awaitable<void> hooks::prove(term t) {
  try {
    co_await t.prove();
  } catch (const boost::system::system_error&) {
  }
  proving_ = false;
  changed_.notify_all();
}

// -- for as long as the sidecar runs -------------------------------------------------------------

asio::awaitable<void> hooks::run() {
  runtime::task_scope tasks(outside_->executor, *outside_->timers, [](std::exception_ptr) {});
  runtime::task_scope worker(outside_->executor, *outside_->timers, [](std::exception_ptr) {});
  tasks.spawn(follow_settings());
  worker.spawn(work());
  std::exception_ptr ended;
  try {
    for (;;) co_await changed_.wait();
  } catch (...) {
    ended = std::current_exception();
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  stopping_ = true;
  if (other_ && running_ == hook::leader_settings_changed) other_->stop();
  changed_.notify_all();
  tasks.cancel();
  co_await tasks.join();
  co_await worker.join();  // is not cancelled: hooks are told to stop, and waited for
  std::rethrow_exception(ended);
}

asio::awaitable<void> hooks::follow_settings() {
  for (;;) {
    settings_snapshot seen = co_await settings_.next();
    plan_.settings(seen.index);
    newest_ = std::move(seen);
    changed_.notify_all();
  }
}

asio::awaitable<void> hooks::work() {
  std::optional<hook> last;
  bool said_farewell = false;
  for (;;) {
    const auto next = plan_.next();
    if (next != last) forgive();  // the patience that another hook used up is not its own
    last = next;
    if (stopping_) {
      if (next != hook::leader_deposed || std::exchange(said_farewell, true)) co_return;
    } else if (!next || now() < not_before_) {
      const time_point until = next ? not_before_ : time_point::max();
      co_await changed_.wait(until);
      continue;
    }
    co_await run_next(*next);
  }
}

void hooks::forgive() {
  pause_ = duration(0);
  not_before_ = time_point::min();
}

asio::awaitable<void> hooks::run_next(hook what) {
  const std::string file = options_.folder + "/" + to_string(what);
  struct stat found = {};
  bool good = ::stat(file.c_str(), &found) != 0 && errno == ENOENT;  // none: nothing to be told
  if (good) {
    plan_.began(what);
  } else {
    // Who is deposed has nothing to read, and may be in a hurry.
    if (what != hook::leader_deposed) co_await read_settings();
    if (plan_.next() != what) co_return;  // it took its time
    if (what == hook::leader_elected && !term_.guarantees(options_.guarantee)) {
      co_await changed_.wait(now() + least_pause);
      co_return;
    }
    if (newest_) snapshot_ = snapshots_.keep(options_.election, *newest_);
    plan_.began(what);
    running_ = what;
    const bool result = co_await run_file(what, file);
    good = result;
    running_.reset();
    snapshot_.reset();
  }
  plan_.ended(good);
  if (good) {
    forgive();
  } else {
    pause_ = std::clamp<duration>(pause_ * 2, options_.first_retry, options_.last_retry);
    not_before_ = now() + pause_;
  }
  changed_.notify_all();
}

// What leader-get shall tell the hook: as new as can be had.
asio::awaitable<void> hooks::read_settings() {
  try {
    settings_snapshot read = co_await settings_.get();
    newest_ = std::move(read);
  } catch (const boost::system::system_error& e) {
    outside_->log->log(log_level::warn, "the settings cannot be read: a hook sees older ones",
                       {log_field("election", options_.election),
                        log_field("error", e.code().message())});
  }
}

// Whether it succeeded.
asio::awaitable<bool> hooks::run_file(hook what, std::string file) {
  const time_point begin = now();
  const duration timeout = stopping_ ? std::min(options_.timeout, farewell) : options_.timeout;
  outcome how;
  bool late = false;
  try {
    const auto output = command::output_lines::open(
        commands_.executor(), [this, what](std::string_view line) {
          outside_->log->log(log_level::info, line,
                             {log_field("election", options_.election),
                              log_field("hook", to_string(what))});
        });
    command::invocation run = invocation_of(what, file);
    run.input = nothing_;
    run.output = run.error = output->descriptor();
    log(log_level::info, "hook begins", what);
    if (what == hook::leader_elected) {
      elected_ = command::term_commands::open(commands_, term_, options_.span);
      const outcome result = co_await elected_->run(std::move(run), timeout);
      how = result;
      elected_->close();
    } else {
      const time_point stop = begin + timeout;
      other_ = commands_.start(run, command::lease_times(stop, stop + options_.grace));
      const outcome result = co_await other_->gone();
      how = result;
    }
    co_await output->finish();
    late = now() - begin >= timeout;
  } catch (const boost::system::system_error& e) {
    how = outcome(outcome::kind::not_started, e.code().value());
  }
  elected_.reset();
  other_.reset();
  changed_.notify_all();
  const bool good = how.what == outcome::kind::exited && how.number == 0;
  log(good ? log_level::info : log_level::warn,
      "hook " + how.text() + (late ? ", after its timeout" : ""), what);
  co_return good;
}

command::invocation hooks::invocation_of(hook what, const std::string& file) const {
  command::invocation made;
  made.argv = {file};
  made.directory = options_.folder;
  made.grace = options_.grace;
  environment_text environment;
  environment.set("PATH", search_path());
  environment.set("TENURE_ELECTION", options_.election);
  environment.set("TENURE_KEY", options_.key);
  environment.set("TENURE_HOOK", to_string(what));
  const bool follows = what == hook::leader_settings_changed && !term_;
  const std::uint64_t fence = follows ? status_.leader.fence : plan_.fence(what);
  environment.set("TENURE_FENCE", std::to_string(fence));
  environment.set("TENURE_LEADER", status_.leader.value);
  environment.set("TENURE_SNAPSHOT", snapshot_ ? std::to_string(snapshot_->index) : std::string());
  if (what == hook::leader_elected) environment.set("TENURE_SESSION", term_.session());
  made.environment = environment.take();
  return made;
}

void hooks::log(log_level level, std::string_view line, hook what) const {
  outside_->log->log(level, line,
                     {log_field("election", options_.election),
                      log_field("hook", to_string(what))});
}

}  // namespace tenure::sidecar
