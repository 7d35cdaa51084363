#include "tenure-cron/ledger/tick_rules.hpp"

#include <algorithm>
#include <utility>

#include "tenure-cron/schedule/stable_hash.hpp"

namespace tenure::cron {

using namespace std::chrono_literals;

namespace {

std::chrono::seconds correction_of(const job& what) {
  return what.when.follows_clock() ? std::chrono::seconds(longest_pause)
                                   : std::chrono::seconds(longest_correction);
}

std::optional<sys_seconds> newest_in(const job& what, sys_seconds after, sys_seconds until) {
  if (after >= until) return std::nullopt;
  return what.when.last_in(after, until, *what.zone.where);
}

/// The ticks in (after, until] as one row.
void skip_row(decision& into, const job& what, sys_seconds after, sys_seconds until,
              skip_reason reason) {
  const auto last = newest_in(what, after, until);
  if (!last) return;
  const sys_seconds first = what.when.next_after(after, *what.zone.where);
  const std::uint64_t count = what.when.count_in(after, *last, *what.zone.where);
  into.skipped.push_back(skipped_ticks(first, *last, count, reason));
}

/// How late a tick may be that still runs.
duration longest_wait(const job& what) {
  return std::max<duration>(what.starting_deadline, punctual);
}

}  // namespace

sys_milliseconds start_of(const job& what, sys_seconds tick) {
  if (what.splay <= duration(0)) return tick;
  const std::uint64_t chosen = stable_hash(what.name + ' ' + rfc3339(tick)) % 1'000'000;
  const duration delay = what.splay / 1'000'000 * static_cast<duration::rep>(chosen);
  return tick + std::chrono::floor<std::chrono::milliseconds>(delay);
}

bool within_deadline(const job& what, sys_seconds tick, sys_seconds now) {
  const auto begin = std::chrono::floor<std::chrono::seconds>(start_of(what, tick));
  return now - begin <= what.starting_deadline;
}

plan plan_next(const job& what, sys_seconds last, sys_seconds highest, sys_seconds now) {
  const zone& where = *what.zone.where;
  const plan onwards{highest, what.when.next_after(highest, where)};
  if (now >= highest) return onwards;
  const sys_seconds base = std::min(last, now);
  const sys_seconds candidate = what.when.next_after(base, where);
  const bool repeats = highest - correction_of(what) <= candidate && candidate <= highest;
  if (candidate > highest || repeats) return onwards;
  return plan{base, candidate, true};
}

decision decide(const job& what, const plan& from, sys_seconds now, bool paused,
                skip_reason missed) {
  const sys_seconds after = from.after;
  decision made;
  made.last = after;
  const auto newest = newest_in(what, after, now);
  if (!newest) return made;
  made.last = *newest;
  const auto is_punctual = [&](sys_seconds tick) { return now <= start_of(what, tick) + punctual; };
  if (from.again) {
    if (!paused && is_punctual(*newest)) made.run.push_back(*newest);
    return made;
  }
  if (paused) {
    skip_row(made, what, after, now, skip_reason::paused);
    return made;
  }
  const std::size_t most = std::min<std::size_t>(what.catch_up, most_catch_up);
  for (auto next = newest; next; next = newest_in(what, after, *next - 1s)) {
    const bool more = made.run.size() < most;
    if (is_punctual(*next) || (more && within_deadline(what, *next, now))) {
      made.late = made.late || !is_punctual(*next);
      made.run.push_back(*next);
      continue;
    }
    const skip_reason reason = more ? skip_reason::deadline : missed;
    // A splay may still keep older ticks on time.
    const bool others_may_run = now <= *next + what.splay + (more ? longest_wait(what) : punctual);
    skip_row(made, what, others_may_run ? *next - 1s : after, *next, reason);
    if (!others_may_run) break;
  }
  std::reverse(made.run.begin(), made.run.end());
  std::reverse(made.skipped.begin(), made.skipped.end());
  return made;
}

void adopt_schedule(ledger_document& document, const job& what, sys_seconds now) {
  const sys_seconds highest = document.highest();
  const bool ahead = highest > now && highest - now <= longest_correction;
  document.last_tick = ahead ? highest : now;
  document.highest_tick.reset();
  document.schedule = what.when.text();
  document.zone = what.zone.name;
  document.digest = what.digest();
}

void add_record(ledger_document& document, const job& what, run_record r) {
  const auto& recent = document.recent;
  const bool in_row = !recent.empty() && r.state == record_state::skipped &&
                      recent.back().state == record_state::skipped;
  const bool follows =
      in_row && what.when.next_after(recent.back().until, *what.zone.where) == r.tick;
  document.add(std::move(r), follows);
}

std::vector<run_record> take_over(ledger_document& document, const job& what, sys_seconds now,
                                  const std::function<std::string()>& make_run_id) {
  std::vector<run_record> news;
  std::vector<open_run> waiting;
  for (open_run& run : std::exchange(document.open, {})) {
    const bool in_time = within_deadline(what, run.tick, now);
    if (run.what == open_run::state::waiting) {
      if (in_time) {
        waiting.push_back(std::move(run));
      } else {
        news.push_back(skipped_run(run, skip_reason::deadline));
      }
      continue;
    }
    run_record r;
    r.state = record_state::unknown;
    r.tick = r.until = run.tick;
    r.trigger = run.trigger;
    r.run_id = run.run_id;
    r.host = run.host;
    r.fence = run.fence;
    r.began = run.claimed_at;
    news.push_back(std::move(r));
    if (!what.retry_unknown || !in_time) continue;
    open_run again;
    again.tick = run.tick;
    again.trigger = run_trigger::retry_unknown;
    again.run_id = make_run_id();
    waiting.push_back(std::move(again));
  }
  document.open = std::move(waiting);
  for (const run_record& r : news) add_record(document, what, r);
  // Without a next tick the job had left the file: it missed nothing since then.
  const bool new_to_file = !document.last_tick || !document.next_tick;
  if (new_to_file || document.digest != what.digest()) adopt_schedule(document, what, now);
  return news;
}

}  // namespace tenure::cron
