#include "tenure/doctor/subject.hpp"

#include <utility>
#include <vector>

#include "common/json.hpp"

namespace tenure::doctor {
namespace {

// One key by a consistent read. Nothing: it does not exist, or `why` has the reason.
std::optional<stored_key> read_key(asker& ask, const std::string& key, reply& why) {
  why = ask.get(asker::kv_path(key));
  std::vector<stored_key> found = asker::keys_in(why);
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

bool has_members(asker& ask, const std::string& prefix) {
  const std::string query = "keys&separator=/";
  const reply found = ask.get(asker::kv_path(prefix + "/members/", query));
  return found.has(200) && found.response.body.find('"') != std::string::npos;
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

bool unreadable(report& out, const reply& answer, const std::string& key) {
  if (answer.has(200) || answer.has(404)) return false;
  const std::string text = "the key " + key + " cannot be read: " + answer.text();
  if (answer.has(403)) {
    out.problem("key", text, "the check of rights names the rule that is missing");
  } else {
    out.problem("key", text, "look at the checks above; run tenure doctor again");
  }
  return true;
}

}  // namespace

acl_policy subject::wanted() const {
  acl_policy policy;
  policy.sessions();
  switch (kind) {
    case subject_kind::election:
      if (!key.empty()) policy.election(key);
      if (!group.empty()) policy.group_member(group);
      break;
    case subject_kind::semaphore:
      policy.semaphore(key);
      break;
    case subject_kind::group:
      policy.group_member(key);
      break;
  }
  return policy;
}

std::string subject::policy() const {
  switch (kind) {
    case subject_kind::semaphore: return "lock -n 2 " + key;
    case subject_kind::group: return "library " + key + "/ --group " + key;
    case subject_kind::election: break;
  }
  if (key.empty()) return "run KEY";
  if (key.ends_with("/.lock")) return "lock " + key.substr(0, key.rfind('/'));
  return "run " + key + (group.empty() ? "" : " --group " + group);
}

subject find_subject(report& out, asker& ask, const std::string& key) {
  subject found;
  found.key = key;
  reply answer;
  if (!key.ends_with('/')) {
    found.entry = read_key(ask, key, answer);
    found.readable = !unreadable(out, answer, key);
    if (found.entry || !found.readable) {
      if (found.entry) found.group = group_above(ask, key);
      return found;
    }
  }
  std::string prefix = key;
  while (prefix.ends_with('/')) prefix.pop_back();
  const std::optional<stored_key> lock = read_key(ask, prefix + "/.lock", answer);
  if (lock && lock->flags == semaphore_flags) {
    found.kind = subject_kind::semaphore;
    found.key = prefix;
    return found;
  }
  if (lock) {
    found.key = lock->key;
    found.entry = lock;
    return found;
  }
  if (has_members(ask, prefix)) {
    found.kind = subject_kind::group;
    found.key = prefix;
    return found;
  }
  found.group = group_above(ask, prefix);
  return found;
}

}  // namespace tenure::doctor
