// tenure move: makes a member of a group the leader of an election, once.
#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <string>

#include "common/argument_checks.hpp"
#include "common/json.hpp"
#include "common/log/line_writer.hpp"
#include "common/output.hpp"
#include "common/with_elections.hpp"
#include "tenure/group/group_reads.hpp"
#include "tenure/subcommand.hpp"

namespace tenure::apps {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr duration look_again = 100ms;
constexpr duration default_timeout = 1min;

struct move_options {
  common_options common;
  std::string key;
  std::string member;
  std::string prefix;  // empty: the group of a folder above the key
  std::optional<duration> timeout;
};

using options_ptr = std::shared_ptr<move_options>;

const group_member_status* member_of_session(const group_report& group,
                                             const std::string& session) {
  const auto same = [&](const auto& m) { return !session.empty() && m.session == session; };
  const auto found = std::ranges::find_if(group.members, same);
  return found == group.members.end() ? nullptr : &*found;
}

/// Who leads, for people: the member's name, or what a leader outside the group published.
std::string name_of(const leader& who, const group_report& group) {
  if (!who.present()) return "no member";
  const group_member_status* const m = member_of_session(group, who.session);
  return one_line(m != nullptr ? m->name : who.value);
}

bool leads(const leader& who, const group_report& group, const std::string& name) {
  const group_member_status* const m = member_of_session(group, who.session);
  return who.present() && m != nullptr && m->name == name;
}

/// The member to which the election is pinned; empty: none.
std::string pinned_to(const group_report& group, const std::string& key) {
  const auto found = std::ranges::find(group.pins, key, &group_pin::key);
  return found == group.pins.end() ? "" : found->member;
}

/// Why the member leads nothing; empty: it may lead.
std::string obstacle_of(const group_member_status& m) {
  if (m.draining) return "is drained";
  if (m.leaving) return "is leaving the group";
  if (m.weight == 0) return "has the weight 0";
  if (m.capacity == 0U) return "has the capacity 0";
  return "";
}

/// Why the member cannot lead the election; empty: it can.
std::string obstacle(const group_report& group, const move_options& o) {
  const std::string pin = pinned_to(group, o.key);
  if (!pin.empty() && pin != o.member)
    return one_line(o.key) + " is pinned to " + one_line(pin) + ": use tenure pin";
  std::string why;
  for (const group_member_status& m : group.members) {
    if (m.name != o.member) continue;
    why = obstacle_of(m);
    if (why.empty()) return "";
  }
  return one_line(o.member) + ' ' + why + " and leads nothing";
}

// Returns the leader of the end: the member, or another when the time is over.
asio::awaitable<leader> wait_until_led(elections& all, options_ptr o, group_report& group) {
  const time_point end = all.now() + o->timeout.value_or(default_timeout);
  const std::string prefix = group.prefix;
  std::string seen;
  for (;;) {
    leader who = co_await all.leader_of(o->key);
    // A member that has joined since then is not in the report.
    if (who.session != seen && member_of_session(group, who.session) == nullptr) {
      group_report now = co_await all.group_of(prefix);
      group = std::move(now);
    }
    seen = who.session;
    if (leads(who, group, o->member) || all.now() >= end) co_return who;
    co_await all.sleep_until(all.now() + look_again);
  }
}

// Another operator may have replaced it.
asio::awaitable<void> take_pin_away(elections& all, options_ptr o, std::string prefix) {
  try {
    co_await all.unpin(prefix, o->key, o->member);
  } catch (const boost::system::system_error&) {
    print_error("tenure move: the pin is still there: tenure unpin --group %s %s\n",
                 prefix.c_str(), o->key.c_str());
    throw;
  }
}

asio::awaitable<int> move(elections& all, options_ptr o) {
  group_report group = co_await group_of_key(all, o->key, o->prefix);
  if (group.prefix.empty()) {
    print_no_group("tenure move", o->key);
    co_return exit_no_member;
  }
  if (!has_member(group, o->member)) {
    print_no_member("tenure move", group, o->member);
    co_return exit_no_member;
  }
  if (const std::string why = obstacle(group, *o); !why.empty()) {
    print_error("tenure move: %s\n", why.c_str());
    co_return exit_no_member;
  }
  const bool seen = co_await may_exist(all, o->key);
  if (!seen) {
    print_error("tenure move: %s\n", not_seen(o->key).c_str());
    co_return exit_no_member;
  }
  const std::string key = one_line(o->key);
  const std::string name = one_line(o->member);
  const leader before = co_await all.leader_of(o->key);
  if (leads(before, group, o->member)) {
    print_line(name + " leads " + key + " already");
    co_return exit_ok;
  }
  const std::string was = name_of(before, group);
  const bool stays_pinned = pinned_to(group, o->key) == o->member;
  const std::string prefix = group.prefix;
  leader now;
  std::exception_ptr failure;
  try {
    co_await all.pin(prefix, o->key, o->member);
    leader who = co_await wait_until_led(all, o, group);
    now = std::move(who);
  } catch (const boost::system::system_error&) {
    failure = std::current_exception();
  }
  // Also after a signal.
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  if (!stays_pinned) co_await take_pin_away(all, o, prefix);
  if (failure) std::rethrow_exception(failure);
  if (leads(now, group, o->member)) {
    print_line(name + " leads " + key + ", " + was + " led it before");
    co_return exit_ok;
  }
  const group_report left = co_await all.group_of(prefix);
  const std::string other = pinned_to(left, o->key);
  std::string pin;
  if (!other.empty() && other != o->member) {
    pin = "; " + key + " is pinned to " + one_line(other) + " now";
  } else if (!stays_pinned) {
    pin = "; the pin of this move is taken away again";
  }
  print_error("tenure move: %s does not lead %s after %s, %s does%s\n", name.c_str(),
               key.c_str(), to_text(o->timeout.value_or(default_timeout)).c_str(),
               name_of(now, group).c_str(), pin.c_str());
  co_return exit_not_elected;
}

constexpr const char* more_help =
    R"(Pins the election to the member, waits until it leads, and ends the pin. The leader of
now finishes what it is doing first. After that the group's plan decides again: a member
that leads more than its share then gives one election away, which may be this one.
`tenure pin` keeps it there. Without --group the group is that of the nearest folder
above KEY that has one.

Exit codes: 0; 1 if there is no such member, group or election, if the member is
drained, leaving, or of weight or capacity 0, or if the election is pinned to another;
69 if Consul is out of reach or refuses the request; 75 if the member does not lead in
time (the pin is taken away again).

  tenure move jobs/tenant-1/report host-b)";

}  // namespace

void add_move_command(CLI::App& app, action& chosen) {
  auto o = std::make_shared<move_options>();
  CLI::App* command = app.add_subcommand("move", "Move an election to another member of its group");
  command->add_option("KEY", o->key, "the key of the election")
      ->required()
      ->check(check_key);
  command->add_option("MEMBER", o->member, "the name of the member that shall lead it")
      ->required()
      ->check(check_member_name);
  command->add_option("--group", o->prefix,
                      "the prefix of the group (default: the nearest folder above KEY)")
      ->type_name("PREFIX")
      ->check(check_group_prefix);
  add_duration(*command, "--timeout", o->timeout, "give up after this time (default: 1m)");
  o->common.add_to(*command, "warn");
  command->footer(more_help);
  command->callback([o, &chosen] {
    chosen = [o] {
      const std::string policy = "pin " + (o->prefix.empty() ? "PREFIX" : o->prefix);
      return with_elections(o->common, elections_options(), on_interrupt::exit_with_signal, policy,
                            [o](elections& all) { return move(all, o); });
    };
  });
}

}  // namespace tenure::apps
