#include "tenure-cron/output/output_line.hpp"

#include <algorithm>
#include <cstdint>
#include <tenure/toolkit/json_writer.hpp>

#include "common/json.hpp"
#include "common/visible_controls.hpp"

namespace tenure::cron {
namespace {

std::string_view name_of(output_stream stream) {
  return stream == output_stream::out ? "out" : "err";
}

void append_text(std::string& to, const line_origin& from, const output_line& line) {
  to.append(line.time).append(" [");
  if (!from.tenant.empty()) to.append(from.tenant).append("/");
  to.append(from.job).append(" ").append(from.tick).append(" ").append(name_of(line.stream));
  to.append(line.goes_on ? "+] " : "] ").append(printable(line.text)).append("\n");
}

void append_json(std::string& to, const line_origin& from, const output_line& line) {
  text::json_writer json;
  json.begin_object().key("time").value(line.time);
  if (!from.tenant.empty()) json.key("tenant").value(from.tenant);
  json.key("job").value(from.job).key("tick").value(from.tick).key("run").value(from.run_id);
  json.key("attempt").value(std::uint64_t{from.attempt});
  json.key("stream").value(name_of(line.stream));
  json.key("line").raw(apps::json_string(line.text));
  if (line.goes_on) json.key("goes_on").value(true);
  json.end_object();
  to.append(json.take()).append("\n");
}

// Most lines need no change.
bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace

void append_line(std::string& to, output_format format, const line_origin& from,
                 const output_line& line) {
  format == output_format::json ? append_json(to, from, line) : append_text(to, from, line);
}

std::string printable(std::string_view text) {
  if (is_plain(text)) return std::string(text);
  return apps::with_visible_controls(text, "\t");
}

}  // namespace tenure::cron
