#include "election/group/group_view.hpp"

#include <algorithm>
#include <tenure/bad_configuration.hpp>
#include <tenure/key_error.hpp>
#include <tuple>
#include <utility>

#include "consul/member_document.hpp"

namespace tenure::impl {
namespace {

constexpr std::string_view pins_folder = ".pinned/";
constexpr std::string_view drains_folder = ".drained/";

bool is_name(std::string_view text) noexcept {
  return !text.empty() && text.find('/') == text.npos;
}

void read_member(std::string_view name, const consul::kv_entry& entry, group_view& view) {
  if (entry.session.empty()) {
    // Other keys may be an operator's, or another program's lock.
    if (entry.flags == consul::lock_flags && consul::parse_member(entry.value)) {
      view.left_overs.push_back(left_over{entry.key, entry.modify_index});
    }
    return;
  }
  auto document = entry.session == name ? consul::parse_member(entry.value) : std::nullopt;
  if (!document) {
    view.unreadable.push_back(entry.key);
    return;
  }
  view.members.push_back(
      seen_member{core::session_id(name), std::move(*document), entry.create_index,
                  entry.modify_index});
}

// Other keys in folders that begin with a dot are of a later version.
void read_key(std::string_view name, const consul::kv_entry& entry, group_view& view) {
  if (name.starts_with(pins_folder)) {
    std::string key(name.substr(pins_folder.size()));
    std::string member = pinned_member(entry);
    if (!key.empty() && !member.empty()) view.pins.emplace(std::move(key), std::move(member));
  } else if (name.starts_with(drains_folder)) {
    const std::string_view member = name.substr(drains_folder.size());
    if (is_name(member)) view.drained.emplace(member);
  } else if (!name.starts_with('.') && is_name(name)) {
    read_member(name, entry, view);
  }
}

}  // namespace

const seen_member* group_view::find(const core::session_id& session) const noexcept {
  const auto found = std::ranges::find(members, session, &seen_member::session);
  return found == members.end() ? nullptr : &*found;
}

std::string members_prefix(std::string_view group) { return std::string(group) + "/members/"; }

std::string member_key_name(std::string_view group, std::string_view session) {
  return members_prefix(group).append(session);
}

bool is_member_key(const consul::kv_entry& entry) {
  if (!entry.session.empty()) return entry.key.ends_with("/members/" + entry.session);
  const std::string_view key(entry.key);
  const bool in_place = key.substr(0, key.rfind('/') + 1).ends_with("/members/");
  return in_place && entry.flags == consul::lock_flags &&
         consul::parse_member(entry.value).has_value();
}

std::string pin_key_name(std::string_view group, std::string_view key) {
  return members_prefix(group).append(pins_folder).append(key);
}

std::string drain_key_name(std::string_view group, std::string_view member) {
  return members_prefix(group).append(drains_folder).append(member);
}

std::string pinned_member(const consul::kv_entry& pin) {
  std::string name = pin.value;
  while (name.ends_with('\n') || name.ends_with('\r')) name.pop_back();
  return name;
}

void check_group_prefix(const std::string& prefix) {
  if (prefix.empty()) {
    throw bad_configuration("a group needs a prefix: give one, such as jobs");
  }
  if (prefix.front() == '/' || prefix.back() == '/') {
    throw bad_configuration("the prefix \"" + prefix +
                            "\" of a group has a slash at an end: leave it out");
  }
  if (const std::string why = key_error(prefix); !why.empty()) {
    throw bad_configuration("the prefix of a group: " + why);
  }
}

group_view read_group(std::string_view group, const consul::kv_list& list) {
  group_view view;
  view.asked_at = list.sent_at;
  const std::string below = members_prefix(group);
  for (const consul::kv_entry& entry : list.entries) {
    const std::string_view name(entry.key);
    if (name.starts_with(below)) read_key(name.substr(below.size()), entry, view);
  }
  std::ranges::sort(view.members, {}, [](const seen_member& one) {
    return std::make_pair(std::cref(one.document.name), one.session.text());
  });
  return view;
}

}  // namespace tenure::impl
