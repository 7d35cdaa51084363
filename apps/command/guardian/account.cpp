#include "command/guardian/account.hpp"

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <optional>
#include <string_view>

namespace tenure::command {
namespace {

std::optional<unsigned> number_in(std::string_view text) {
  unsigned n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (n == static_cast<uid_t>(-1)) return std::nullopt;  // to the kernel: leave the id as it is
  return n;
}

const passwd* find_user(const char* name) {
  if (const passwd* found = ::getpwnam(name)) return found;
  const auto id = number_in(name);
  return id ? ::getpwuid(*id) : nullptr;
}

std::optional<gid_t> find_group(const char* name) {
  if (const struct group* found = ::getgrnam(name)) return found->gr_gid;
  return number_in(name);
}

std::vector<gid_t> groups_of(const char* user, gid_t group) {
  int count = 64;
  std::vector<gid_t> found(static_cast<std::size_t>(count));
  while (::getgrouplist(user, group, found.data(), &count) < 0)
    found.resize(static_cast<std::size_t>(count));
  found.resize(static_cast<std::size_t>(count));
  return found;
}

bool has_capability(unsigned which) {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {};
  if (::syscall(SYS_capget, &header, sets) != 0) return true;
  return (sets[CAP_TO_INDEX(which)].effective & CAP_TO_MASK(which)) != 0;
}

// A variable that the job sets by itself stays.
void replace_inherited(start_request& request, const char* name, const char* value,
                       std::vector<std::string>& texts) {
  const std::string start = std::string(name) + '=';
  const char* const own = std::getenv(name);
  for (char*& variable : request.environment) {
    if (variable == nullptr || !std::string_view(variable).starts_with(start)) continue;
    if (own == nullptr || std::string_view(variable).substr(start.size()) != own) continue;
    texts.push_back(start + value);
    variable = texts.back().data();
  }
}

}  // namespace

std::string find_account(start_request& request, account& found, std::vector<std::string>& texts) {
  const std::string user = request.user;
  const std::string group = request.group;
  if (!group.empty()) {
    const auto id = find_group(request.group);
    if (!id) return "group '" + group + "' does not exist";
    found.sets_group = true;
    found.group = *id;
  }
  if (user.empty()) return {};
  found.sets_user = true;
  texts.reserve(4);  // the variables point into them
  if (const passwd* entry = find_user(request.user)) {
    found.user = entry->pw_uid;
    if (!found.sets_group) found.group = entry->pw_gid;
    const std::string name = entry->pw_name;
    replace_inherited(request, "HOME", entry->pw_dir, texts);
    replace_inherited(request, "SHELL", entry->pw_shell, texts);
    replace_inherited(request, "USER", name.c_str(), texts);
    replace_inherited(request, "LOGNAME", name.c_str(), texts);
    found.groups = groups_of(name.c_str(), found.group);
  } else {
    const auto id = number_in(user);
    if (!id) return "user '" + user + "' does not exist";
    if (!found.sets_group) return "user '" + user + "' has no entry: name a group, too";
    found.user = *id;
    found.groups = {found.group};
  }
  found.sets_group = true;
  // Only root may set groups. A process that has this account already needs no change.
  if (found.user == ::geteuid() && found.group == ::getegid() && ::geteuid() != 0)
    found = account();
  return {};
}

// Without CAP_SETUID no process starts under another account.
bool may_signal(const account& who) {
  if (!who.sets_user || who.user == ::geteuid() || who.user == ::getuid()) return true;
  return has_capability(CAP_KILL) || !has_capability(CAP_SETUID);
}

}  // namespace tenure::command
