#include "tenure-cron/output/output_line.hpp"

#include <cstdint>
#include <tenure/toolkit/json_writer.hpp>
#include <tenure/toolkit/utf8.hpp>

#include "common/json.hpp"
#include "common/visible_controls.hpp"

namespace tenure::cron {
namespace {

std::string name_of(output_stream stream) { return stream == output_stream::out ? "out" : "err"; }

std::string as_text(const line_origin& from, const output_line& line) {
  std::string made = std::string(line.time) + " [";
  if (!from.tenant.empty()) made += from.tenant + '/';
  made += from.job + ' ' + from.tick + ' ' + name_of(line.stream);
  made += line.goes_on ? "+] " : "] ";
  return made + printable(line.text) + '\n';
}

std::string as_json(const line_origin& from, const output_line& line) {
  text::json_writer json;
  json.begin_object().key("time").value(line.time);
  if (!from.tenant.empty()) json.key("tenant").value(from.tenant);
  json.key("job").value(from.job).key("tick").value(from.tick).key("run").value(from.run_id);
  json.key("attempt").value(std::uint64_t{from.attempt});
  json.key("stream").value(name_of(line.stream));
  json.key("line").raw(apps::json_string(line.text));
  if (line.goes_on) json.key("goes_on").value(true);
  json.end_object();
  return json.take() + '\n';
}

}  // namespace

std::string format_line(output_format format, const line_origin& from, const output_line& line) {
  return format == output_format::json ? as_json(from, line) : as_text(from, line);
}

std::string printable(std::string_view text) {
  return apps::with_visible_controls(text::with_visible_bytes(text), "\t");
}

}  // namespace tenure::cron
