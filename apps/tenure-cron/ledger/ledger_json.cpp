// The documents of the ledger as JSON. What has its usual value is left out, so that a document
// stays small: a transaction takes 60 of them.
#include <simdjson.h>

#include <tenure/toolkit/json_writer.hpp>
#include <utility>

#include "tenure-cron/ledger/ledger_document.hpp"

namespace tenure::cron {
namespace {

namespace dom = simdjson::dom;
using text::json_writer;
using std::chrono::duration_cast;
using std::chrono::milliseconds;

template <class Time>
std::int64_t count_of(Time t) {
  return t.time_since_epoch().count();
}

void write_record(json_writer& w, const run_record& r) {
  w.begin_object();
  w.key("tick").value(count_of(r.tick));
  if (r.until != r.tick) w.key("until").value(count_of(r.until));
  if (r.count != 1) w.key("count").value(r.count);
  w.key("state").value(to_string(r.state));
  if (r.state == record_state::skipped) {
    w.key("reason").value(to_string(r.reason));
    if (!r.run_id.empty()) {  // a run that was asked for beside the ticks
      w.key("trigger").value(to_string(r.trigger));
      w.key("run").value(r.run_id);
    }
    w.end_object();
    return;
  }
  w.key("trigger").value(to_string(r.trigger));
  w.key("run").value(r.run_id);
  w.key("host").value(r.host);
  w.key("fence").value(r.fence);
  w.key("began").value(count_of(r.began));
  if (r.state == record_state::finished) {
    w.key("ending").value(to_string(r.ending));
    w.key("took_ms").value(std::int64_t(duration_cast<milliseconds>(r.took).count()));
    if (r.signal_number != 0) {
      w.key("signal").value(std::int64_t(r.signal_number));
    } else if (r.exited()) {
      w.key("exit").value(std::int64_t(r.exit_code));
    }
    if (r.attempts != 1) w.key("attempts").value(std::uint64_t(r.attempts));
    if (r.cause != stop_cause::none) w.key("cause").value(to_string(r.cause));
    if (r.failed() && !r.text.empty()) w.key("text").value(r.text);
    if (!r.tail.empty()) w.key("tail").value(r.tail);
  }
  w.end_object();
}

void write_records(json_writer& w, const std::vector<run_record>& records) {
  w.begin_array();
  for (const run_record& r : records) write_record(w, r);
  w.end_array();
}

void write_open(json_writer& w, const open_run& r) {
  w.begin_object();
  w.key("state").value(to_string(r.what));
  w.key("tick").value(count_of(r.tick));
  w.key("trigger").value(to_string(r.trigger));
  w.key("run").value(r.run_id);
  if (r.what != open_run::state::waiting) {
    w.key("host").value(r.host);
    w.key("fence").value(r.fence);
    w.key("claimed").value(count_of(r.claimed_at));
  }
  w.end_object();
}

// Missing members read as nothing: the writer leaves out what is usual.
std::optional<std::int64_t> number(const dom::object& from, const char* name) {
  std::int64_t n = 0;
  if (from[name].get(n) != simdjson::SUCCESS) return std::nullopt;
  return n;
}

std::string words(const dom::object& from, const char* name) {
  std::string_view s;
  return from[name].get(s) == simdjson::SUCCESS ? std::string(s) : std::string();
}

sys_seconds moment(const dom::object& from, const char* name, sys_seconds otherwise = {}) {
  const auto n = number(from, name);
  return n ? sys_seconds(std::chrono::seconds(*n)) : otherwise;
}

sys_milliseconds precise(const dom::object& from, const char* name) {
  return sys_milliseconds(milliseconds(number(from, name).value_or(0)));
}

std::optional<run_record> read_record(const dom::object& from) {
  const auto state = parse_record_state(words(from, "state"));
  if (!state || !number(from, "tick")) return std::nullopt;
  run_record r;
  r.state = *state;
  r.tick = moment(from, "tick");
  r.until = moment(from, "until", r.tick);
  r.count = std::uint64_t(number(from, "count").value_or(1));
  r.reason = parse_skip_reason(words(from, "reason")).value_or(skip_reason::none);
  r.trigger = parse_run_trigger(words(from, "trigger")).value_or(run_trigger::schedule);
  r.run_id = words(from, "run");
  r.host = words(from, "host");
  r.fence = std::uint64_t(number(from, "fence").value_or(0));
  r.began = precise(from, "began");
  r.ending = parse_ending(words(from, "ending")).value_or(run_result::ending::succeeded);
  r.took = milliseconds(number(from, "took_ms").value_or(0));
  r.exit_code = int(number(from, "exit").value_or(0));
  r.signal_number = int(number(from, "signal").value_or(0));
  r.attempts = unsigned(number(from, "attempts").value_or(1));
  r.cause = parse_stop_cause(words(from, "cause")).value_or(stop_cause::none);
  r.text = words(from, "text");
  r.tail = words(from, "tail");
  return r;
}

std::optional<std::vector<run_record>> read_records(const dom::object& from, const char* name) {
  std::vector<run_record> made;
  dom::array all;
  if (from[name].get(all) != simdjson::SUCCESS) return made;
  for (const dom::element one : all) {
    dom::object o;
    if (one.get(o) != simdjson::SUCCESS) return std::nullopt;
    auto r = read_record(o);
    if (!r) return std::nullopt;
    made.push_back(std::move(*r));
  }
  return made;
}

std::optional<open_run> read_open(const dom::object& from) {
  const auto state = parse_open_state(words(from, "state"));
  if (!state || !number(from, "tick")) return std::nullopt;
  open_run r;
  r.what = *state;
  r.tick = moment(from, "tick");
  r.trigger = parse_run_trigger(words(from, "trigger")).value_or(run_trigger::schedule);
  r.run_id = words(from, "run");
  r.host = words(from, "host");
  r.fence = std::uint64_t(number(from, "fence").value_or(0));
  r.claimed_at = precise(from, "claimed");
  return r;
}

}  // namespace

std::string to_json(const run_record& record) {
  json_writer w;
  write_record(w, record);
  return w.take();
}

std::string page_to_json(const std::vector<run_record>& records) {
  json_writer w;
  w.begin_object().key("records");
  write_records(w, records);
  w.end_object();
  return w.take();
}

std::string to_json(const ledger_document& d) {
  json_writer w;
  w.begin_object();
  w.key("schedule").value(d.schedule);
  w.key("zone").value(d.zone);
  w.key("digest").value(d.digest);
  if (d.last_tick) w.key("last").value(count_of(*d.last_tick));
  if (d.highest_tick) w.key("highest").value(count_of(*d.highest_tick));
  if (d.next_tick) w.key("next").value(count_of(*d.next_tick));
  if (!d.open.empty()) {
    w.key("open").begin_array();
    for (const open_run& r : d.open) write_open(w, r);
    w.end_array();
  }
  w.key("recent");
  write_records(w, d.recent);
  if (d.pages != 0) w.key("pages").value(d.pages);
  if (d.first_page != 1) w.key("first_page").value(d.first_page);
  w.key("records").value(d.records);
  w.end_object();
  return w.take();
}

std::optional<ledger_document> parse_ledger_document(const std::string& text) {
  dom::parser parser;
  dom::object top;
  if (parser.parse(text).get(top) != simdjson::SUCCESS) return std::nullopt;
  ledger_document d;
  d.schedule = words(top, "schedule");
  d.zone = words(top, "zone");
  d.digest = words(top, "digest");
  if (number(top, "last")) d.last_tick = moment(top, "last");
  if (number(top, "highest")) d.highest_tick = moment(top, "highest");
  if (number(top, "next")) d.next_tick = moment(top, "next");
  dom::array open;
  if (top["open"].get(open) == simdjson::SUCCESS) {
    for (const dom::element one : open) {
      dom::object o;
      if (one.get(o) != simdjson::SUCCESS) return std::nullopt;
      auto r = read_open(o);
      if (!r) return std::nullopt;
      d.open.push_back(std::move(*r));
    }
  }
  auto recent = read_records(top, "recent");
  if (!recent) return std::nullopt;
  d.recent = std::move(*recent);
  d.pages = std::uint64_t(number(top, "pages").value_or(0));
  d.first_page = std::uint64_t(number(top, "first_page").value_or(1));
  d.records = std::uint64_t(number(top, "records").value_or(0));
  return d;
}

std::optional<std::vector<run_record>> parse_ledger_page(const std::string& text) {
  dom::parser parser;
  dom::object top;
  if (parser.parse(text).get(top) != simdjson::SUCCESS) return std::nullopt;
  return read_records(top, "records");
}

}  // namespace tenure::cron
