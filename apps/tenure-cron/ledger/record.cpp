#include "tenure-cron/ledger/record.hpp"

#include <algorithm>
#include <tenure/toolkit/ascii.hpp>
#include <utility>

namespace tenure::cron {
namespace {

/// The value among `all` whose word it is.
template <class Enum, std::size_t N>
std::optional<Enum> parse_word(std::string_view word, const Enum (&all)[N]) {
  for (const Enum one : all)
    if (word == to_string(one)) return one;
  return std::nullopt;
}

}  // namespace

bool is_run_id(std::string_view id) noexcept {
  constexpr std::size_t most_bytes = 64;
  return !id.empty() && id.size() <= most_bytes && std::ranges::all_of(id, [](char c) {
    return text::is_letter_or_digit(c) || c == '-' || c == '_' || c == '.';
  });
}

const char* to_string(record_state state) noexcept {
  switch (state) {
    case record_state::finished:
      return "finished";
    case record_state::skipped:
      return "skipped";
    case record_state::unknown:
      break;
  }
  return "unknown";
}

const char* to_string(skip_reason reason) noexcept {
  switch (reason) {
    case skip_reason::none:
      break;
    case skip_reason::no_leader:
      return "no_leader";
    case skip_reason::suspended:
      return "suspended";
    case skip_reason::overlap:
      return "overlap";
    case skip_reason::limit:
      return "limit";
    case skip_reason::deadline:
      return "deadline";
    case skip_reason::paused:
      return "paused";
    case skip_reason::removed:
      return "removed";
  }
  return "none";
}

const char* to_string(open_run::state state) noexcept {
  switch (state) {
    case open_run::state::waiting:
      return "waiting";
    case open_run::state::claimed:
      return "claimed";
    case open_run::state::started:
      break;
  }
  return "started";
}

std::optional<record_state> parse_record_state(std::string_view word) {
  constexpr record_state all[] = {record_state::finished, record_state::skipped,
                                  record_state::unknown};
  return parse_word(word, all);
}

std::optional<skip_reason> parse_skip_reason(std::string_view word) {
  constexpr skip_reason all[] = {skip_reason::no_leader, skip_reason::suspended,
                                 skip_reason::overlap,   skip_reason::limit,
                                 skip_reason::deadline,  skip_reason::paused,
                                 skip_reason::removed};
  return parse_word(word, all);
}

std::optional<run_trigger> parse_run_trigger(std::string_view word) {
  constexpr run_trigger all[] = {run_trigger::schedule, run_trigger::catch_up,
                                 run_trigger::operator_request, run_trigger::retry_unknown};
  return parse_word(word, all);
}

std::optional<stop_cause> parse_stop_cause(std::string_view word) {
  constexpr stop_cause all[] = {stop_cause::none, stop_cause::timeout, stop_cause::lease,
                                stop_cause::shutdown, stop_cause::replaced};
  return parse_word(word, all);
}

std::optional<run_result::ending> parse_ending(std::string_view word) {
  constexpr run_result::ending all[] = {
      run_result::ending::succeeded, run_result::ending::failed, run_result::ending::not_started,
      run_result::ending::stopped};
  return parse_word(word, all);
}

std::optional<open_run::state> parse_open_state(std::string_view word) {
  constexpr open_run::state all[] = {open_run::state::waiting, open_run::state::claimed,
                                     open_run::state::started};
  return parse_word(word, all);
}

run_record skipped_ticks(sys_seconds first, sys_seconds last, std::uint64_t count,
                         skip_reason reason) {
  run_record made;
  made.state = record_state::skipped;
  made.tick = first;
  made.until = last;
  made.count = count;
  made.reason = reason;
  return made;
}

run_record skipped_run(const open_run& run, skip_reason reason) {
  run_record made = skipped_ticks(run.tick, run.tick, 1, reason);
  const bool of_tick =
      run.trigger == run_trigger::schedule || run.trigger == run_trigger::catch_up;
  if (of_tick) return made;
  made.trigger = run.trigger;
  made.run_id = run.run_id;
  return made;
}

}  // namespace tenure::cron
