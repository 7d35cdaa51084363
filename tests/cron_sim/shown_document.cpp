#include "cron_sim/shown_document.hpp"

#include <simdjson.h>

#include <stdexcept>

namespace tenure::cron_sim {

namespace dom = simdjson::dom;

namespace {

std::string text_of(const dom::object& from, const char* name) {
  std::string_view s;
  return from[name].get(s) == simdjson::SUCCESS ? std::string(s) : std::string();
}

cron::sys_seconds moment_of(const dom::object& from, const char* name) {
  std::int64_t n = 0;
  if (from[name].get(n) != simdjson::SUCCESS)
    throw std::runtime_error(std::string("no ") + name);
  return cron::sys_seconds(std::chrono::seconds(n));
}

std::uint64_t number_of(const dom::object& from, const char* name) {
  std::uint64_t n = 0;
  return from[name].get(n) == simdjson::SUCCESS ? n : 0;
}

shown_record read_record(const dom::object& from) {
  shown_record r;
  r.tick = moment_of(from, "tick");
  r.until = from["until"].error() ? r.tick : moment_of(from, "until");
  r.state = text_of(from, "state");
  r.reason = text_of(from, "reason");
  r.trigger = text_of(from, "trigger");
  r.run_id = text_of(from, "run");
  r.fence = number_of(from, "fence");
  r.replaced = text_of(from, "cause") == "replaced" && !from["attempts"].error() &&
               number_of(from, "attempts") == 0;
  const bool known = r.state == "finished" || r.state == "skipped" || r.state == "unknown";
  if (!known || (r.state != "skipped" && r.run_id.empty()))
    throw std::runtime_error("a record of state '" + r.state + "'");
  return r;
}

std::vector<shown_record> read_records(const dom::object& from, const char* name) {
  std::vector<shown_record> all;
  for (const dom::element e : from[name].get_array()) all.push_back(read_record(e));
  return all;
}

}  // namespace

shown_document read_document(std::string_view text) {
  dom::parser parser;
  const dom::object top = parser.parse(text.data(), text.size());
  shown_document made;
  if (!top["last"].error()) made.last = moment_of(top, "last");
  if (!top["open"].error()) {
    for (const dom::object from : top["open"].get_array()) {
      shown_run r;
      r.claimed = text_of(from, "state") != "waiting";
      r.run_id = text_of(from, "run");
      r.tick = moment_of(from, "tick");
      r.trigger = text_of(from, "trigger");
      r.fence = number_of(from, "fence");
      made.open.push_back(std::move(r));
    }
  }
  made.newest = read_records(top, "recent");
  made.page = number_of(top, "pages");
  return made;
}

std::vector<shown_record> read_page(std::string_view text) {
  dom::parser parser;
  const dom::object top = parser.parse(text.data(), text.size());
  return read_records(top, "records");
}

}  // namespace tenure::cron_sim
