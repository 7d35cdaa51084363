#include "tenure-cron/schedule/time_zones.hpp"

#include <date/tz.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <filesystem>
#include <optional>
#include <tenure/toolkit/ascii.hpp>
#include <utility>

namespace tenure::cron {
namespace {

namespace fs = std::filesystem;

constexpr const char* local_time_file = "/etc/localtime";

offset_range range_of(const date::sys_info& info) {
  return {std::max(info.begin, first_moment), std::min(info.end, last_moment), info.offset};
}

constexpr std::chrono::seconds one_second{1};

class database_zone : public zone {
 public:
  explicit database_zone(const date::time_zone* z) : zone_(z) {}
  offset_range at(sys_seconds t) const override {
    return range_of(zone_->get_info(std::clamp(t, first_moment, last_moment - one_second)));
  }

 private:
  const date::time_zone* zone_;  // the database keeps it for the life of the process
};

// As the C library shows it: by a rule in TZ, as in CET-1CEST,M3.5.0,M10.5.0/3, or by the contents
// of /etc/localtime.
class c_library_zone : public zone {
 public:
  c_library_zone() { ::tzset(); }
  offset_range at(sys_seconds t) const override {
    const std::chrono::seconds offset = offset_at(t);
    return {change(t, offset, -step), change(t, offset, step), offset};
  }

 private:
  // Shorter than the time between two changes of the rules that people use.
  static constexpr std::chrono::days step{20};
  static constexpr int steps = 20;  // more than a year

  static std::chrono::seconds offset_at(sys_seconds t) {
    const std::time_t seconds = t.time_since_epoch().count();
    std::tm shown = {};
    if (::localtime_r(&seconds, &shown) == nullptr) return std::chrono::seconds(0);
    return std::chrono::seconds(shown.tm_gmtoff);
  }
  // The end of the range around `t` in the direction of `by`. A range of more than a year is cut.
  static sys_seconds change(sys_seconds t, std::chrono::seconds offset, std::chrono::days by) {
    sys_seconds same = t;
    sys_seconds other = t + by;
    for (int i = 1; i < steps && offset_at(other) == offset; ++i) {
      same = other;
      other += by;
    }
    if (offset_at(other) == offset) return std::clamp(other, first_moment, last_moment);
    while (std::chrono::abs(other - same) > one_second) {
      const sys_seconds middle = same + (other - same) / 2;
      (offset_at(middle) == offset ? same : other) = middle;
    }
    return std::max(same, other);
  }
};

// A name of at least three letters, or of anything in <>, and an offset.
bool is_rule(std::string_view text) {
  std::size_t at = 0;
  if (text.starts_with('<')) {
    at = text.find('>');
    if (at == std::string_view::npos) return false;
    ++at;
  } else {
    while (at < text.size() && text::is_letter(text[at])) ++at;
    if (at < 3) return false;
  }
  if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
  return at < text.size() && text::is_digit(text[at]);
}

bool is_utc(std::string_view name) {
  return name == "UTC" || name == "Etc/UTC" || name == "Z" || name == "UTC0";
}

const date::tzdb* database() {
  try {
    return &date::get_tzdb();
  } catch (const std::exception&) {
    return nullptr;  // tzdata is not installed
  }
}

// The database has tables beside its zones (zonenow.tab). The library takes those that are younger
// than itself for zones, and ends the program when it reads them.
bool is_table(std::string_view name) { return name.find('.') != name.npos; }

// A name that differs in case, or in its last part only, is a likely mistake.
std::string suggestion(const date::tzdb& known, std::string_view name) {
  for (const date::time_zone& z : known.zones) {
    const std::string& full = z.name();
    if (is_table(full)) continue;
    if (text::iequals(full, name)) return full;
    const std::size_t slash = full.rfind('/');
    if (slash != std::string::npos &&
        text::iequals(std::string_view(full).substr(slash + 1), name))
      return full;
  }
  return {};
}

std::optional<named_zone> from_database(const std::string& name) {
  if (is_table(name)) return std::nullopt;
  try {
    return named_zone(name, std::make_shared<database_zone>(date::locate_zone(name)));
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

[[noreturn]] void refuse_zone(const std::string& name) {
  const date::tzdb* known = database();
  if (known == nullptr)
    throw bad_zone("time zone '" + name + "' is not known: install tzdata, or use UTC");
  const std::string close = suggestion(*known, name);
  throw bad_zone("'" + name + "' is not a time zone" +
                 (close.empty() ? " (as in Europe/Berlin, or UTC)"
                                : ": '" + close + "' is one"));
}

// The name of a zone from the path of its file, or the whole path if it names none.
std::string name_in_path(const std::string& path) {
  constexpr std::string_view folder = "zoneinfo/";
  const std::size_t at = path.find(folder);
  if (at == std::string::npos) return path;
  std::string name = path.substr(at + folder.size());
  for (const std::string_view tree : {"posix/", "right/"})
    if (name.starts_with(tree)) name.erase(0, tree.size());
  return name;
}

// The name that /etc/localtime has: the zone that it links to, or what is said of a copied file.
std::optional<named_zone> name_of_machine_zone() {
  std::error_code none;
  const std::string target = fs::read_symlink(local_time_file, none).string();
  const std::string name = name_in_path(target);
  try {
    if (name != target) return find_zone(name);
    const date::time_zone* current = date::current_zone();
    return named_zone(current->name(), std::make_shared<database_zone>(current));
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

bool same_times(const zone& a, const zone& b) {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  for (std::chrono::days later{0}; later < std::chrono::days(400); later += std::chrono::days(20))
    if (a.at(now + later).offset != b.at(now + later).offset) return false;
  return true;
}

// What /etc/localtime says: its contents count. In a container they often are another zone's than
// the name. A machine without the file keeps UTC, as its C library does.
named_zone machine_zone() {
  std::error_code none;
  const auto kind = fs::symlink_status(local_time_file, none).type();
  if (kind == fs::file_type::not_found) return {"UTC", std::make_shared<utc_zone>()};
  const auto named = name_of_machine_zone();
  if (!fs::exists(local_time_file, none)) {
    if (named) return *named;  // UTC, which needs no file
    throw bad_zone(std::string(local_time_file) +
                   " is a link to no file: install tzdata, or set timezone: in the file, or TZ");
  }
  // The C library reads the contents, unless TZ names another zone.
  if (named && std::getenv("TZ") != nullptr) return *named;
  const auto contents = std::make_shared<c_library_zone>();
  if (named && same_times(*named->where, *contents)) return *named;
  return {local_time_file, contents};
}

// A name or a path, as the C library reads TZ.
named_zone zone_of_variable(const char* variable, std::string value) {
  if (!value.empty() && value.front() == ':') value.erase(0, 1);
  if (value.empty()) return {"UTC", std::make_shared<utc_zone>()};
  if (value == local_time_file) return machine_zone();
  try {
    return find_zone(value.front() == '/' ? name_in_path(value) : value);
  } catch (const bad_zone& e) {
    throw bad_zone(std::string(variable) + ": " + e.what());
  }
}

named_zone zone_of_tz(const std::string& value) {
  if (is_rule(value) && !from_database(value)) return {value, std::make_shared<c_library_zone>()};
  return zone_of_variable("TZ", value);
}

}  // namespace

named_zone find_zone(std::string_view name) {
  if (is_utc(name)) return {"UTC", std::make_shared<utc_zone>()};
  const std::string wanted(name);
  if (auto found = from_database(wanted)) return *found;
  refuse_zone(wanted);
}

named_zone default_zone() {
  if (const char* cron = std::getenv("CRON_TZ"); cron != nullptr && *cron != '\0')
    return zone_of_variable("CRON_TZ", cron);
  if (const char* tz = std::getenv("TZ"); tz != nullptr) return zone_of_tz(tz);
  return machine_zone();
}

}  // namespace tenure::cron
