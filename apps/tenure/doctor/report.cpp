#include "tenure/doctor/report.hpp"

#include <algorithm>
#include <chrono>

#include "common/json.hpp"

namespace tenure::doctor {
namespace {

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.resize(width, ' ');
  return text + "  ";
}

std::string or_null(const std::string& text) {
  return text.empty() ? "null" : apps::json_string(text);
}

}  // namespace

const char* name_of(verdict v) noexcept {
  switch (v) {
    case verdict::ok: return "ok";
    case verdict::unknown: return "unknown";
    case verdict::warning: return "warning";
    case verdict::problem: break;
  }
  return "problem";
}

std::string count_of(std::size_t number, const std::string& thing) {
  return std::to_string(number) + ' ' + thing + (number == 1 ? "" : "s");
}

std::string in_milliseconds(duration d) {
  return std::to_string(std::chrono::ceil<std::chrono::milliseconds>(d).count()) + " ms";
}

void report::ok(std::string check, std::string text) {
  findings_.push_back({std::move(check), verdict::ok, std::move(text), ""});
}

void report::unknown(std::string check, std::string text, std::string remedy) {
  findings_.push_back({std::move(check), verdict::unknown, std::move(text), std::move(remedy)});
}

void report::warning(std::string check, std::string text, std::string remedy) {
  findings_.push_back({std::move(check), verdict::warning, std::move(text), std::move(remedy)});
}

void report::problem(std::string check, std::string text, std::string remedy) {
  findings_.push_back({std::move(check), verdict::problem, std::move(text), std::move(remedy)});
}

verdict report::worst() const noexcept {
  verdict worst = verdict::ok;
  for (const finding& f : findings_) {
    if (f.status != verdict::unknown) worst = std::max(worst, f.status);
  }
  return worst;
}

std::vector<std::string> to_lines(const report& all) {
  std::size_t status = 0;
  std::size_t check = 0;
  for (const finding& f : all.findings()) {
    status = std::max(status, std::string(name_of(f.status)).size());
    check = std::max(check, f.check.size());
  }
  std::vector<std::string> lines;
  for (const finding& f : all.findings()) {
    lines.push_back(padded(name_of(f.status), status) + padded(f.check, check) +
                    apps::one_line(f.text));
    if (!f.remedy.empty())
      lines.push_back(padded("", status) + padded("", check) + "-> " + apps::one_line(f.remedy));
  }
  return lines;
}

std::string to_json(const report& all, const std::string& key) {
  std::string checks;
  for (const finding& f : all.findings()) {
    checks += std::string(checks.empty() ? "" : ",") + "{\"check\":" + apps::json_string(f.check) +
              ",\"status\":\"" + name_of(f.status) + "\",\"text\":" + apps::json_string(f.text) +
              ",\"remedy\":" + or_null(f.remedy) + "}";
  }
  return std::string("{\"status\":\"") + name_of(all.worst()) + "\",\"key\":" + or_null(key) +
         ",\"checks\":[" + checks + "]}";
}

}  // namespace tenure::doctor
