#include "tenure/group/group_reads.hpp"

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <cstdio>
#include <optional>
#include <tenure/kv.hpp>
#include <utility>

#include "common/argument_checks.hpp"
#include "common/duration.hpp"
#include "common/json.hpp"
#include "common/log/line_writer.hpp"

namespace tenure::apps {

bool has_member(const group_report& group, const std::string& name) {
  return std::ranges::any_of(group.members, [&](const auto& m) { return m.name == name; });
}

std::size_t led_by(const group_report& group, const std::string& name) {
  std::size_t sum = 0;
  for (const group_member_status& m : group.members) {
    if (m.name == name) sum += m.leads;
  }
  return sum;
}

bool is_idle(const group_report& group, const std::string& name) {
  return std::ranges::all_of(group.members,
                             [&](const auto& m) { return m.name != name || m.idle; });
}

void print_no_member(const char* program, const group_report& group, const std::string& name) {
  std::string names;
  for (const group_member_status& m : group.members) {
    names += (names.empty() ? "" : ", ") + one_line(m.name);
  }
  print_error("%s: '%s' is no member of %s, which has %s\n", program,
               one_line(name).c_str(), one_line(group.prefix).c_str(),
               names.empty() ? "no members" : names.c_str());
}

boost::asio::awaitable<group_report> group_of_key(elections& all, std::string key,
                                                  std::string prefix) {
  if (!prefix.empty()) {
    group_report named = co_await all.group_of(without_end_slashes(prefix));
    co_return named;
  }
  std::string folder = key;
  for (std::size_t slash = folder.rfind('/'); slash != folder.npos && slash > 0;
       slash = folder.rfind('/')) {
    folder.resize(slash);
    group_report found = co_await all.group_of(folder);
    if (!found.members.empty() || !found.pins.empty() || !found.drained.empty()) co_return found;
  }
  co_return group_report();
}

void print_no_group(const char* program, const std::string& key) {
  print_error("%s: no folder above %s has a group: name the group with --group\n",
               program, one_line(key).c_str());
}

boost::asio::awaitable<bool> may_exist(elections& all, std::string key) {
  try {
    kv store = all.kv();
    const std::optional<stored_key> found = co_await store.get(std::move(key));
    co_return found.has_value();
  } catch (const boost::system::system_error& e) {
    if (e.code() != consul_errc::forbidden) throw;
  }
  co_return true;
}

std::string not_seen(const std::string& key) {
  return "no election " + one_line(key) + " is seen: no member has led it, or its key was deleted";
}

std::string count_of_elections(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " election" : " elections");
}

}  // namespace tenure::apps
