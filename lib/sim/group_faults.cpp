// What happens to groups: members that come and go, and operators.
#include "election/group/group_view.hpp"
#include "sim/fault_injector.hpp"

namespace tenure::sim {

using namespace std::chrono_literals;

namespace {

runtime::http_request put(const std::string& key, std::string value) {
  return runtime::http_request("PUT", "/v1/kv/" + key, std::move(value));
}

runtime::http_request remove(const std::string& key) {
  return runtime::http_request("DELETE", "/v1/kv/" + key);
}

}  // namespace

void fault_injector::start_groups() {
  const group_settings& groups = scenario_.groups;
  if (!groups.any()) return;
  repeat(groups.flap, &fault_injector::flap);
  repeat(groups.drain, &fault_injector::operator_drains);
  repeat(groups.pin, &fault_injector::operator_pins);
  repeat(groups.spoil, &fault_injector::operator_spoils_member);
  repeat(groups.restore, &fault_injector::operator_restores_notice);
}

// A process that crashes some times, each time soon after its start.
void fault_injector::flap() {
  const auto p = processes_.random_alive();
  if (!p) return;
  world_.probes.hit("process flaps");
  crash_again(p->slot(), 1 + world_.below(4));
}

void fault_injector::crash_again(std::size_t slot, std::size_t times) {
  if (times == 0 || !running_) return;
  for (const auto& p : processes_.current()) {
    if (p->slot() != slot || !p->alive()) continue;
    processes_.replace_later(p, world_.between(10ms, 3s));
    p->crash();
    break;
  }
  world_.after(world_.between(3s, 12s), [this, slot, times] { crash_again(slot, times - 1); });
}

// -- operators -----------------------------------------------------------------------------------

// By the library's calls, or by writing the keys.
void fault_injector::wish(group_wish::what kind, std::size_t group, const std::string& key,
                          const std::string& member) {
  using what = group_wish::what;
  world_.probes.hit("operator's wish for a group");
  const std::string prefix = group_prefix(group);
  const auto p = processes_.random_alive();
  if (p && running_ && world_.chance_of(0.5)) {
    p->operate(group_wish(kind, prefix, key, member));
    return;
  }
  const bool drains = kind == what::drain || kind == what::undrain;
  const std::string at =
      drains ? impl::drain_key_name(prefix, member) : impl::pin_key_name(prefix, key);
  if (kind == what::drain) server_.serve_now(put(at, ""));
  else if (kind == what::pin) server_.serve_now(put(at, member));
  else server_.serve_now(remove(at));
}

void fault_injector::operator_drains() {
  const std::string member = member_name(world_.below(scenario_.processes));
  wish(world_.chance_of(0.5) ? group_wish::what::drain : group_wish::what::undrain,
       world_.below(scenario_.groups.groups), "", member);
}

void fault_injector::operator_pins() {
  const std::size_t election = world_.below(scenario_.elections);
  const auto group = scenario_.groups.group_of(election);
  if (!group) return;
  // Now and then to a member that does not exist.
  const std::string member = member_name(world_.below(scenario_.processes + 1));
  wish(world_.chance_of(0.6) ? group_wish::what::pin : group_wish::what::unpin, *group,
       election_key(election), member);
}

// Writes over a member's key, releases it, or deletes it.
void fault_injector::operator_spoils_member() {
  const std::string prefix = group_prefix(world_.below(scenario_.groups.groups));
  std::vector<std::pair<std::string, std::string>> members;
  for (const agent::kv_fields* k : truth_.below(impl::members_prefix(prefix))) {
    if (!k->session.empty()) members.emplace_back(k->key, k->session);
  }
  if (members.empty()) return;
  const auto& [key, session] = members[world_.below(members.size())];
  world_.probes.hit("operator spoiled a member's key");
  const std::uint64_t how = world_.below(3);
  if (how == 0) {
    deleted_.insert(session);
    server_.serve_now(remove(key));
  }
  if (how == 1) server_.serve_now(put(key, "an operator was here"));
  if (how == 2) server_.serve_now(put(key + "?release=" + session, "released"));
}

// Writes an old notice again, or all of them, as from a backup. The elections that they name may
// have other leaders by now.
void fault_injector::operator_restores_notice() {
  const std::string prefix = group_prefix(world_.below(scenario_.groups.groups)) + "/handed/";
  std::vector<std::pair<std::string, std::string>> notices;
  for (const agent::kv_fields* k : truth_.below(prefix)) {
    if (!k->value.empty()) notices.emplace_back(k->key, k->value);
  }
  if (notices.empty()) return;
  world_.probes.hit("operator restored a notice");
  if (world_.chance_of(0.5)) notices = {notices[world_.below(notices.size())]};
  for (const auto& [key, text] : notices) {
    // The same text again would change nothing, not even the index.
    server_.serve_now(remove(key));
    server_.serve_now(put(key, text));
  }
}

void fault_injector::settle_groups() {
  const group_settings& groups = scenario_.groups;
  // An operator's request may arrive late.
  world_.after(60s, [this] {
    for (std::size_t group = 0; group < scenario_.groups.groups; ++group) {
      wish(group_wish::what::undrain, group, "", member_name(0));
    }
  });
  for (std::size_t group = 0; group < groups.groups; ++group) {
    const bool wishes = world_.chance_of(0.5);
    for (std::size_t slot = 0; slot < scenario_.processes; ++slot) {
      const bool drained = slot != 0 && wishes && groups.drain != 0s && world_.chance_of(0.3);
      wish(drained ? group_wish::what::drain : group_wish::what::undrain, group, "",
           member_name(slot));
    }
    for (std::size_t i = 0; i < scenario_.elections; ++i) {
      if (groups.group_of(i) != group || groups.pin == 0s || wishes) continue;
      wish(group_wish::what::unpin, group, election_key(i), "");
    }
  }
}

}  // namespace tenure::sim
