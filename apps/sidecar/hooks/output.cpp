#include "sidecar/hooks/output.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <tenure/toolkit/task_scope.hpp>
#include <utility>

namespace tenure::sidecar {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr duration proof_timeout = 2s;  // before a guarantee counts as lost
constexpr duration lost_guarantee_interval = 500ms;  // how often a lost one is looked for
constexpr duration shortest_pause = 10ms;

constexpr std::string_view settings_read_failed = "settings read failed";

bool exists(const std::string& file) {
  struct stat found = {};
  return ::stat(file.c_str(), &found) == 0 || errno != ENOENT;
}

}  // namespace

hooks_output::hooks_output(hooks_dependencies with, hook_options options)
    : env_(std::move(with.env)),
      settings_(std::move(with.settings)),
      snapshots_(with.snapshots),
      options_(std::move(options)),
      session_(std::move(with.session)),
      changed_(*env_->timers),
      runner_(env_, with.commands, options_) {}

void hooks_output::changed(const election_state& now) {
  state_ = now;
  const bool waits = now.standing == standing::watching || now.standing == standing::candidate;
  // The watch may report a key that this process has just won before the election reports the term.
  const bool other = waits && !now.term && now.leader.present() && now.leader.session != session_();
  if (other && !term_) scheduler_.following();
  changed_.notify_all();
}

// -- while this process leads --------------------------------------------------------------------

asio::awaitable<void> hooks_output::lead(term t) {
  end_term();
  term_ = t;
  runtime::task_scope tasks(env_->executor, *env_->timers, [](std::exception_ptr) {});
  tasks.spawn(follow_guarantee(t));
  try {
    for (;;) co_await changed_.wait();
  } catch (const boost::system::system_error&) {
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  tasks.cancel();
  co_await tasks.join();
  term_ = term();
  past_term_ = t;
  scheduler_.stopping();
  if (runner_.running() == hook::leader_elected) runner_.stop();
  changed_.notify_all();
  while (runner_.running() == hook::leader_elected) co_await changed_.wait();
}

asio::awaitable<void> hooks_output::follow_guarantee(term t) {
  runtime::task_scope proofs(env_->executor, *env_->timers, [](std::exception_ptr) {});
  try {
    for (;;) {
      // The regular proof may be late: prove on demand before the guarantee counts as lost.
      const time_point give_up = now() + proof_timeout;
      if (!t.guarantees(options_.guarantee) && !std::exchange(proving_, true))
        proofs.spawn(prove(t));
      while (!t.guarantees(options_.guarantee) && proving_ && now() < give_up)
        co_await changed_.wait(give_up);
      const bool given = t.guarantees(options_.guarantee);
      scheduler_.leading(t.fence(), given ? guarantee_state::given : guarantee_state::lost);
      changed_.notify_all();
      const time_point until =
          given ? t.valid_until() - options_.guarantee : now() + lost_guarantee_interval;
      co_await runtime::sleep_until(*env_->timers, std::max(until, now() + shortest_pause));
    }
  } catch (const boost::system::system_error&) {
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  proofs.cancel();
  co_await proofs.join();
}

asio::awaitable<void> hooks_output::prove(term t) {
  try {
    co_await t.prove();
  } catch (const boost::system::system_error&) {
  }
  proving_ = false;
  changed_.notify_all();
}

// A hook about the end of the term, which asks is-leader, must not see that this process still
// leads: a promise keeps the key after lead() has returned.
asio::awaitable<void> hooks_output::follow_end_of_term() {
  for (;;) {
    while (!past_term_) co_await changed_.wait();
    const term t = past_term_;
    co_await t.ended();
    if (t == past_term_) end_term();
  }
}

void hooks_output::end_term() {
  if (!past_term_) return;
  past_term_ = term();
  scheduler_.term_over();
  changed_.notify_all();
}

// -- as long as the sidecar runs -----------------------------------------------------------------

asio::awaitable<void> hooks_output::run() {
  runtime::task_scope tasks(env_->executor, *env_->timers, [](std::exception_ptr) {});
  runtime::task_scope worker(env_->executor, *env_->timers, [](std::exception_ptr) {});
  tasks.spawn(follow_settings());
  tasks.spawn(follow_end_of_term());
  worker.spawn(run_hooks());
  std::exception_ptr ended;
  try {
    for (;;) co_await changed_.wait();
  } catch (...) {
    ended = std::current_exception();
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  stopping_ = true;
  tasks.cancel();
  co_await tasks.join();
  end_term();
  changed_.notify_all();
  co_await worker.join();  // not cancelled: it stops hooks and waits for them
  std::rethrow_exception(ended);
}

asio::awaitable<void> hooks_output::follow_settings() {
  for (;;) {
    settings_snapshot seen = co_await settings_.next();
    scheduler_.settings(seen.index);
    newest_settings_ = std::move(seen);
    changed_.notify_all();
  }
}

asio::awaitable<void> hooks_output::run_hooks() {
  std::optional<hook> last;
  while (!abandoned_) {
    const auto next = scheduler_.next();
    if (next != last) reset_backoff();  // each hook has its own backoff
    last = next;
    if (stopping_) {
      if (!next) co_return;
    } else if (!next || now() < not_before_) {
      const time_point until = next ? not_before_ : time_point::max();
      co_await changed_.wait(until);
      continue;
    }
    co_await run_next(*next);
  }
}

void hooks_output::ending(time_point deadline) {
  end_by_ = std::min(end_by_, deadline);
  runner_.hold_to(end_by_);
}

void hooks_output::abandon() {
  abandoned_ = true;
  runner_.kill();
}

void hooks_output::note_cut_short(hook what) {
  cut_short_ += (cut_short_.empty() ? "" : ", ") + std::string(to_string(what)) + " cut short";
}

std::string hooks_output::unfinished() const {
  std::string text = cut_short_;
  const auto add = [&](hook what, const char* how) {
    text += (text.empty() ? "" : ", ") + std::string(to_string(what)) + how;
  };
  if (const auto running = runner_.running()) {
    add(*running, " not finished");
  } else if (const auto next = scheduler_.next()) {
    add(*next, " not run");
  } else if (past_term_ && exists(runner_.file_of(hook::leader_deposed))) {
    add(hook::leader_deposed, " not run");
  }
  return text;
}

void hooks_output::reset_backoff() {
  pause_ = duration(0);
  not_before_ = time_point::min();
}

asio::awaitable<void> hooks_output::run_next(hook what) {
  hook_result result = hook_result::succeeded;  // as a hook without a file does
  if (!exists(runner_.file_of(what))) {
    scheduler_.started(what);
  } else {
    // leader-deposed has no use for settings, and little time.
    if (what != hook::leader_deposed) co_await read_settings();
    if (abandoned_ || scheduler_.next() != what) co_return;  // too late, or outdated meanwhile
    if (what == hook::leader_elected && !term_.guarantees(options_.guarantee)) {
      co_await changed_.wait(now() + shortest_pause);
      co_return;
    }
    if (newest_settings_) snapshot_ = snapshots_.keep(options_.election, *newest_settings_);
    scheduler_.started(what);
    const hook_result ran = co_await runner_.run(run_of(what));
    result = ran;
    snapshot_.reset();
  }
  scheduler_.finished(result);
  if (runner_.cut_short() && result == hook_result::failed) note_cut_short(what);
  if (stopping_) scheduler_.drop(what);  // there is no time for a second try
  if (result == hook_result::succeeded) {
    reset_backoff();
  } else {
    pause_ = std::clamp<duration>(pause_ * 2, options_.first_retry, options_.last_retry);
    not_before_ = now() + pause_;
  }
  changed_.notify_all();
}

// leader-get should return the newest settings. Without an answer, the hook sees those of the last
// one.
asio::awaitable<void> hooks_output::read_settings() {
  try {
    settings_snapshot read = co_await settings_.get();
    newest_settings_ = std::move(read);
    env_->outages->succeeded(settings_read_failed, now());
  } catch (const boost::system::system_error& e) {
    env_->outages->failed(settings_read_failed, e.code(), e.code().message(),
                          {log_field("election", options_.election)}, now());
  }
}

hook_run hooks_output::run_of(hook what) const {
  hook_run made(what, options_.timeout);
  made.end_by = end_by_;
  made.term = term_;
  const bool follows = what == hook::leader_settings_changed && !term_;
  made.fence = follows ? state_.leader.fence : scheduler_.fence(what);
  // Just after a take-over the key may not have been read with our value yet.
  made.leader = term_ ? options_.value : state_.leader.value;
  if (snapshot_) made.snapshot = snapshot_->index;
  return made;
}

}  // namespace tenure::sidecar
