#include <algorithm>
#include <set>
#include <string_view>
#include <tenure/acl_policy.hpp>
#include <utility>

namespace tenure {
namespace {

constexpr std::string_view prefix_suffix = "_prefix";
// From this many keys on, the library watches keys of one folder by one query.
constexpr std::size_t watched_one_by_one = 8;

// A string of HCL. `${` would begin an interpolation.
std::string hcl_string(std::string_view text) {
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '$' && i + 1 < text.size() && text[i + 1] == '{') {
      out += "\\u0024";
    } else if (c == '\n') {
      out += "\\n";
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
  return out + '"';
}

int rank(std::string_view access) noexcept {
  return access == "write" ? 2 : access == "list" ? 1 : 0;
}

}  // namespace

std::string acl_rule::right() const {
  const std::string_view all(resource);
  const bool prefix = all.ends_with(prefix_suffix);
  std::string text(all.substr(0, all.size() - (prefix ? prefix_suffix.size() : 0)));
  text += ':' + access;
  if (!prefix) return text + " on \"" + name + '"';
  return name.empty() ? text : text + " on the prefix \"" + name + '"';
}

std::string acl_rule::hcl() const {
  return resource + ' ' + hcl_string(name) + " { policy = \"" + access + "\" }";
}

acl_policy& acl_policy::add(acl_rule rule, std::string why) {
  const auto same = std::ranges::find_if(entries_, [&](const entry& e) {
    return e.rule.resource == rule.resource && e.rule.name == rule.name;
  });
  if (same == entries_.end()) {
    entries_.push_back(entry{std::move(rule), std::move(why)});
    return *this;
  }
  if (rank(rule.access) > rank(same->rule.access)) *same = entry{std::move(rule), std::move(why)};
  return *this;
}

acl_policy& acl_policy::sessions(const std::string& node) {
  if (node.empty()) {
    return add({"session_prefix", "", "write"},
               "Sessions. Consul checks the name of the agent's node: --node NAME narrows it.");
  }
  add({"session", node, "write"}, "Sessions of this node's agent.");
  return add({"session_prefix", "", "read"},
             "The spans of the holders on other nodes are in the names of their sessions.");
}

acl_policy& acl_policy::election(const std::string& key) {
  const bool folder = key.empty() || key.ends_with('/');
  return add({folder ? "key_prefix" : "key", key, "write"},
             folder ? "The elections in this folder: watches, claims, proves and releases."
                    : "The election: watches, claims, proves and releases its key.");
}

acl_policy& acl_policy::semaphore(const std::string& prefix) {
  return add({"key_prefix", prefix + '/', "write"},
             "The semaphore: its key .lock, and one key for each contender, named after the "
             "session.");
}

acl_policy& acl_policy::group_member(const std::string& prefix) {
  add({"key_prefix", prefix + "/members/", "write"},
      "The group: a key for each member, and what operators pin and drain.");
  return add({"key_prefix", prefix + "/handed/", "write"},
             "Notices of what was handed over to a member.");
}

acl_policy& acl_policy::read_group(const std::string& prefix) {
  return add({"key_prefix", prefix + '/', "list"},
             "Lists the group. \"read\" is enough unless the servers have "
             "acl.enable_key_list_policy.");
}

acl_policy& acl_policy::operate_group(const std::string& prefix) {
  return add({"key_prefix", prefix + "/members/.", "write"}, "Drains members and pins elections.");
}

acl_policy& acl_policy::observe(const std::string& key) {
  return add({"key", key, "read"}, "Reads who leads.");
}

acl_policy& acl_policy::leaders(const std::string& prefix) {
  return add({"key_prefix", prefix, "list"},
             "Lists the elections. \"read\" is enough unless the servers have "
             "acl.enable_key_list_policy.");
}

acl_policy& acl_policy::read_settings(const std::string& key) {
  return add({"key", key, "read"}, "Reads the leader's settings.");
}

acl_policy& acl_policy::settings(const std::string& key) {
  return add({"key", key, "write"}, "The leader's settings.");
}

acl_policy& acl_policy::keys_below(const std::string& prefix, std::string why) {
  return add({"key_prefix", prefix, "write"}, std::move(why));
}

acl_policy& acl_policy::liveness(const std::string& name) {
  return add({"service", name, "write"},
             "Liveness: a service with a TTL check at the local agent.");
}

acl_policy& acl_policy::service(const std::string& name) {
  return add({"service", name, "write"}, "The service that shows who leads.");
}

std::vector<acl_rule> acl_policy::rules() const {
  std::vector<acl_rule> all;
  for (const entry& e : entries_) all.push_back(e.rule);
  return all;
}

// With many keys, as comments: they allow to read what else is in the folders.
std::string acl_policy::list_rules() const {
  std::size_t keys = 0;
  std::set<std::string> folders;
  for (const entry& e : entries_) {
    if (e.rule.resource != "key") continue;
    ++keys;
    folders.insert(e.rule.name.substr(0, e.rule.name.rfind('/') + 1));
  }
  if (keys <= watched_one_by_one) return "";
  std::string text =
      "# More than 8 keys: one query lists a folder. Only if the servers have\n"
      "# acl.enable_key_list_policy this needs the right to list it. Without that right the keys\n"
      "# are watched one by one, which takes longer:\n";
  for (const std::string& folder : folders)
    text += "# " + acl_rule{"key_prefix", folder, "list"}.hcl() + '\n';
  return text;
}

std::string acl_policy::hcl() const {
  std::string text;
  std::string last;
  for (const entry& e : entries_) {
    if (e.why != last) text += "# " + e.why + '\n';
    last = e.why;
    text += e.rule.hcl() + '\n';
  }
  return text + list_rules();
}

}  // namespace tenure
