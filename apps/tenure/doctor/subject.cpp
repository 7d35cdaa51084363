#include "tenure/doctor/subject.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>
#include <vector>

namespace tenure::doctor {
namespace {

// One key by a consistent read. Nothing: it does not exist, or `why` has the reason.
std::optional<stored_key> read_key(asker& ask, const std::string& key, reply& why) {
  why = ask.get(asker::kv_path(key));
  std::vector<stored_key> found = asker::keys_in(why);
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

// Consul's sessions are UUIDs.
bool is_session(std::string_view text) {
  constexpr std::string_view form = "........-....-....-....-............";
  return std::ranges::equal(text, form, [](char c, char wanted) {
    return wanted == '-' ? c == '-' : std::isxdigit(static_cast<unsigned char>(c)) != 0;
  });
}

// Members, pins or drains. Other keys may lie in a folder of that name.
bool has_members(asker& ask, const std::string& prefix) {
  const std::string folder = prefix + "/members/";
  const reply found = ask.get(asker::kv_path(folder, "keys&separator=/"));
  const std::vector<std::string> names = asker::names_in(found);
  return std::ranges::any_of(names, [&](const std::string& key) {
    const std::string_view name = std::string_view(key).substr(std::min(folder.size(), key.size()));
    return is_session(name) || name == ".pinned/" || name == ".drained/";
  });
}

// The nearest folder above a key that has members.
std::string group_above(asker& ask, const std::string& key) {
  constexpr int most_folders = 4;
  std::string folder = key;
  for (int tried = 0; tried < most_folders; ++tried) {
    const std::size_t slash = folder.rfind('/');
    if (slash == folder.npos || slash == 0) break;
    folder.resize(slash);
    if (has_members(ask, folder)) return folder;
  }
  return "";
}

// The key of a group's member: its name is the session that locks it. A crash leaves it unlocked.
bool is_member(const stored_key& one) {
  const std::string_view key(one.key);
  const std::size_t slash = key.rfind('/');
  if (slash == key.npos || !key.substr(0, slash).ends_with("/members")) return false;
  const std::string_view name = key.substr(slash + 1);
  return one.session.empty() ? is_session(name) : name == one.session;
}

// As tenure list finds them: each semaphore and lock below is one as well.
std::vector<stored_key> elections_below(asker& ask, const std::string& prefix) {
  reply answer = ask.get(asker::kv_path(prefix + '/', "recurse&consistent"));
  std::vector<stored_key> all = asker::keys_in(answer);
  std::erase_if(all, [](const stored_key& one) {
    const bool slots = one.flags == semaphore_flags;
    const bool election = slots ? one.key.ends_with("/.lock")
                                : one.flags == lock_flags || !one.session.empty();
    return !election || is_member(one);
  });
  return all;
}

// The token may not read the key itself: which keys below it may read tells whose it is.
void guess_by_rights(report& out, subject& found, const std::string& prefix, bool reads_lock,
                     bool reads_members) {
  if (reads_lock && reads_members) {
    found.kind = subject_kind::folder;
    found.key = prefix;
  } else if (reads_lock) {
    found.key = prefix + "/.lock";
  } else if (reads_members) {
    found.kind = subject_kind::group;
    found.key = prefix;
  } else {
    found.readable = false;
    out.unknown("key",
                "the token may read neither the key " + found.key + ", nor " + prefix +
                    "/.lock, where a lock would be, nor " + prefix +
                    "/members/, where a group would be",
                "is it the right key? The check of rights says what a candidate for it needs");
  }
}

}  // namespace

std::vector<needed_rights> subject::wanted() const {
  acl_policy policy;
  policy.sessions();
  const std::string member_of = group.empty() ? "" : " --group " + group;
  if (!group.empty()) policy.group_member(group);
  switch (kind) {
    case subject_kind::semaphore:
      policy.semaphore(key);
      return {{policy, "lock -n " + std::to_string(slots > 0 ? slots : 2) + ' ' + key}};
    case subject_kind::group:
      policy.group_member(key);
      return {{policy, "library " + key + "/ --group " + key},
              {acl_policy().read_group(key), "group " + key}};
    case subject_kind::folder:
      policy.election(key + '/');
      return {{policy, "run " + key + '/' + member_of},
              {acl_policy().leaders(key + '/'), "list " + key + '/'}};
    case subject_kind::election:
      break;
  }
  if (key.empty()) return {{policy, "run KEY"}};
  policy.election(key);
  const bool lock = key.ends_with("/.lock");
  return {{policy, lock ? "lock " + key.substr(0, key.rfind('/')) : "run " + key + member_of}};
}

subject find_subject(report& out, asker& ask, const std::string& key) {
  subject found;
  found.key = key;
  std::string prefix = key;
  while (prefix.ends_with('/')) prefix.pop_back();
  reply answer;
  const bool bare = prefix == key;
  if (bare) found.entry = read_key(ask, key, answer);
  if (found.entry) {
    found.group = group_above(ask, key);
    return found;
  }
  const bool absent = answer.has(404) || answer.has(200);
  if (bare && !absent && !answer.has(403)) {
    found.readable = false;
    out.problem("key", "the key " + key + " cannot be read: " + answer.text(),
                "look at the checks above; run tenure doctor again");
    return found;
  }
  std::optional<stored_key> lock = read_key(ask, prefix + "/.lock", answer);
  const bool reads_lock = answer.has(404);
  if (lock && lock->flags == semaphore_flags) {
    found.kind = subject_kind::semaphore;
    found.key = prefix;
    found.slots = slots_in(lock->value);
    return found;
  }
  if (lock) {
    found.key = lock->key;
    found.entry = std::move(lock);
    return found;
  }
  if (has_members(ask, prefix)) {
    found.kind = subject_kind::group;
    found.key = prefix;
    return found;
  }
  found.group = group_above(ask, prefix);
  found.below = elections_below(ask, prefix);
  if (!absent) {
    const reply member = ask.get(asker::kv_path(prefix + "/members/x"));
    guess_by_rights(out, found, prefix, reads_lock, member.has(404));
  } else if (!found.below.empty()) {
    found.kind = subject_kind::folder;
    found.key = prefix;
  }
  return found;
}

}  // namespace tenure::doctor
