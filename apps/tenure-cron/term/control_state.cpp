#include "tenure-cron/term/control_state.hpp"

#include <simdjson.h>

#include <string_view>
#include <tenure/toolkit/json_writer.hpp>
#include <unordered_map>
#include <utility>

namespace tenure::cron {

std::string to_json(const operator_note& note) {
  text::json_writer w;
  w.begin_object();
  w.key("job").value(note.job);
  w.key("by").value(note.by);
  w.key("at").value(std::int64_t(note.at.time_since_epoch().count()));
  w.end_object();
  return w.take();
}

operator_note parse_operator_note(const std::string& text) {
  operator_note made;
  simdjson::dom::parser parser;
  simdjson::dom::object top;
  if (parser.parse(text).get(top) != simdjson::SUCCESS) return made;
  std::string_view s;
  if (top["job"].get(s) == simdjson::SUCCESS) made.job = s;
  if (top["by"].get(s) == simdjson::SUCCESS) made.by = s;
  std::int64_t at = 0;
  if (top["at"].get(at) == simdjson::SUCCESS) {
    const std::chrono::milliseconds since_epoch(at);
    if (since_epoch >= clocks_begin.time_since_epoch() &&
        since_epoch <= clocks_end.time_since_epoch())
      made.at = sys_milliseconds(since_epoch);
  }
  return made;
}

control_state read_control(const ledger_keys& keys, const std::vector<ledger_entry>& stored) {
  control_state made;
  const std::string paused = keys.paused("");
  const std::string orders = keys.request("");
  for (const ledger_entry& one : stored) {
    if (one.key.size() > paused.size() && one.key.starts_with(paused)) {
      made.paused.emplace(one.key.substr(paused.size()), parse_operator_note(one.value));
    } else if (one.key.size() > orders.size() && one.key.starts_with(orders)) {
      run_order order;
      order.id = one.key.substr(orders.size());
      if (!is_run_id(order.id)) continue;  // not an order of tenure-cron
      order.key = one.key;
      order.value = one.value;
      order.modify_index = one.modify_index;
      order.note = parse_operator_note(one.value);
      made.orders.push_back(std::move(order));
    }
  }
  return made;
}

namespace {

void add_missing(std::set<std::string>& jobs, const control_state& of, const control_state& in) {
  for (const auto& [job, note] : of.paused) {
    const auto found = in.paused.find(job);
    if (found == in.paused.end() || found->second != note) jobs.insert(job);
  }
  std::unordered_map<std::string_view, const run_order*> by_id;
  for (const run_order& order : in.orders) by_id.emplace(order.id, &order);
  for (const run_order& order : of.orders) {
    const auto found = by_id.find(order.id);
    if (found == by_id.end() || *found->second != order) jobs.insert(order.note.job);
  }
}

}  // namespace

std::set<std::string> changed_jobs(const control_state& before, const control_state& after) {
  std::set<std::string> jobs;
  add_missing(jobs, before, after);
  add_missing(jobs, after, before);
  return jobs;
}

}  // namespace tenure::cron
