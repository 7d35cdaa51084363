// The documents of the ledger as JSON. What has its usual value is left out, so that a document
// stays small: a transaction takes 60 of them.
#include <simdjson.h>

#include <limits>
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

// Above what any replica counts to, and far below where sums of such numbers overflow.
constexpr std::int64_t most_counted = std::int64_t{1} << 53;
constexpr std::int64_t most_fence = std::numeric_limits<std::int64_t>::max();
constexpr milliseconds longest_run = std::chrono::years(100);

/// Reads the members of an object. Missing ones read as nothing, because the writer leaves out what
/// is usual; good() is false after one that no replica would have written.
class member_reader {
 public:
  explicit member_reader(const dom::object& from) noexcept : from_(from) {}

  bool has(const char* name) const { return from_[name].error() == simdjson::SUCCESS; }
  bool good() const noexcept { return good_; }
  void refuse() noexcept { good_ = false; }

  std::int64_t number(const char* name, std::int64_t least, std::int64_t most,
                      std::int64_t otherwise) {
    std::int64_t n = otherwise;
    take(name, n);
    if (n < least || n > most) good_ = false;
    return good_ ? n : otherwise;
  }
  std::uint64_t count(const char* name, std::int64_t otherwise) {
    return std::uint64_t(number(name, 0, most_counted, otherwise));
  }
  std::string words(const char* name) {
    std::string_view s;
    take(name, s);
    return std::string(s);
  }
  dom::array list(const char* name, bool& found) {
    dom::array all;
    found = has(name);
    take(name, all);
    return all;
  }
  /// By the clock of a replica.
  sys_seconds moment(const char* name, sys_seconds otherwise = {}) {
    return moment_in(name, clocks_begin, clocks_end, otherwise);
  }
  sys_seconds moment_in(const char* name, sys_seconds least, sys_seconds most,
                        sys_seconds otherwise) {
    return sys_seconds(std::chrono::seconds(
        number(name, count_of(least), count_of(most), count_of(otherwise))));
  }
  sys_milliseconds precise(const char* name) {
    return sys_milliseconds(milliseconds(number(name, count_of(sys_milliseconds(clocks_begin)),
                                                count_of(sys_milliseconds(clocks_end)), 0)));
  }

 private:
  template <class Value>
  void take(const char* name, Value& into) {
    const auto error = from_[name].get(into);
    if (error != simdjson::SUCCESS && error != simdjson::NO_SUCH_FIELD) good_ = false;
  }

  const dom::object& from_;
  bool good_ = true;
};

std::optional<run_record> read_record(const dom::object& o) {
  member_reader from(o);
  const auto state = parse_record_state(from.words("state"));
  if (!state || !from.has("tick")) return std::nullopt;
  run_record r;
  r.state = *state;
  r.tick = from.moment("tick");
  r.until = from.moment("until", r.tick);
  r.count = from.count("count", 1);
  r.reason = parse_skip_reason(from.words("reason")).value_or(skip_reason::none);
  r.trigger = parse_run_trigger(from.words("trigger")).value_or(run_trigger::schedule);
  r.run_id = from.words("run");
  r.host = from.words("host");
  r.fence = std::uint64_t(from.number("fence", 0, most_fence, 0));
  r.began = from.precise("began");
  r.ending = parse_ending(from.words("ending")).value_or(run_result::ending::succeeded);
  r.took = milliseconds(from.number("took_ms", 0, longest_run.count(), 0));
  r.exit_code = int(from.number("exit", 0, 255, 0));
  r.signal_number = int(from.number("signal", 0, 127, 0));
  r.attempts = unsigned(from.number("attempts", 0, std::numeric_limits<int>::max(), 1));
  r.cause = parse_stop_cause(from.words("cause")).value_or(stop_cause::none);
  r.text = from.words("text");
  r.tail = from.words("tail");
  if (!from.good()) return std::nullopt;
  return r;
}

std::optional<open_run> read_open(const dom::object& o) {
  member_reader from(o);
  const auto state = parse_open_state(from.words("state"));
  if (!state || !from.has("tick")) return std::nullopt;
  open_run r;
  r.what = *state;
  r.tick = from.moment("tick");
  r.trigger = parse_run_trigger(from.words("trigger")).value_or(run_trigger::schedule);
  r.run_id = from.words("run");
  r.host = from.words("host");
  r.fence = std::uint64_t(from.number("fence", 0, most_fence, 0));
  r.claimed_at = from.precise("claimed");
  if (!from.good() || !is_run_id(r.run_id)) return std::nullopt;
  return r;
}

/// Reads a list, each item of it by `read_one`; up to `most` of them.
template <class Item>
std::vector<Item> read_all(member_reader& from, const char* name, std::size_t most,
                           std::optional<Item> (*read_one)(const dom::object&)) {
  std::vector<Item> made;
  bool found = false;
  const dom::array all = from.list(name, found);
  if (!found || !from.good()) return made;
  for (const dom::element one : all) {
    dom::object o;
    std::optional<Item> item;
    if (one.get(o) == simdjson::SUCCESS && made.size() < most) item = read_one(o);
    if (!item) {
      from.refuse();
      break;
    }
    made.push_back(std::move(*item));
  }
  return made;
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

std::string text_to_write(ledger_document& document) {
  std::string text = to_json(document);
  if (text.size() <= most_written_bytes) return text;
  for (run_record& r : document.recent) r.tail.clear();
  return to_json(document);
}

std::optional<ledger_document> parse_ledger_document(const std::string& text) {
  dom::parser parser;
  dom::object top;
  if (text.size() > most_document_bytes) return std::nullopt;
  if (parser.parse(text).get(top) != simdjson::SUCCESS) return std::nullopt;
  member_reader from(top);
  ledger_document d;
  d.schedule = from.words("schedule");
  d.zone = from.words("zone");
  d.digest = from.words("digest");
  if (from.has("last")) d.last_tick = from.moment("last");
  if (from.has("highest")) d.highest_tick = from.moment("highest");
  // Years away, for some schedules.
  if (from.has("next"))
    d.next_tick = from.moment_in("next", clocks_begin, last_moment, clocks_begin);
  d.open = read_all(from, "open", most_open_runs, read_open);
  d.recent = read_all(from, "recent", most_recent_records, read_record);
  d.pages = from.count("pages", 0);
  d.first_page = from.count("first_page", 1);
  d.records = from.count("records", 0);
  if (!from.good() || d.first_page < 1 || d.first_page > d.pages + 1) return std::nullopt;
  return d;
}

std::optional<std::vector<run_record>> parse_ledger_page(const std::string& text) {
  dom::parser parser;
  dom::object top;
  if (text.size() > most_document_bytes) return std::nullopt;
  if (parser.parse(text).get(top) != simdjson::SUCCESS) return std::nullopt;
  member_reader from(top);
  std::vector<run_record> records = read_all(from, "records", records_per_page, read_record);
  if (!from.good()) return std::nullopt;
  return records;
}

}  // namespace tenure::cron
