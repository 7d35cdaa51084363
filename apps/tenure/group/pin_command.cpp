// tenure pin and tenure unpin: which member of a group leads an election.
#include <memory>
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

struct pin_options {
  common_options common;
  std::string key;
  std::string member;
  std::string prefix;  // empty: the group of a folder above the key
  bool force = false;
};

using options_ptr = std::shared_ptr<pin_options>;

asio::awaitable<int> pin(elections& all, options_ptr o) {
  const group_report group = co_await group_of_key(all, o->key, o->prefix);
  if (group.prefix.empty()) {
    print_no_group("tenure pin", o->key);
    co_return exit_no_member;
  }
  if (!o->force && !has_member(group, o->member)) {
    print_no_member("tenure pin", group, o->member);
    co_return exit_no_member;
  }
  const bool seen = co_await may_exist(all, o->key);
  co_await all.pin(group.prefix, o->key, o->member);
  print_line(one_line(o->key) + " is pinned to " + one_line(o->member));
  if (!seen) {
    print_error("tenure pin: %s; the pin holds if there will be one\n",
                not_seen(o->key).c_str());
  }
  co_return exit_ok;
}

asio::awaitable<int> unpin(elections& all, options_ptr o) {
  const group_report group = co_await group_of_key(all, o->key, o->prefix);
  if (group.prefix.empty()) {
    print_no_group("tenure unpin", o->key);
    co_return exit_no_member;
  }
  co_await all.unpin(group.prefix, o->key);
  std::string line = one_line(o->key) + " was not pinned";
  for (const group_pin& p : group.pins) {
    if (p.key == o->key) line = one_line(o->key) + " is no longer pinned to " + one_line(p.member);
  }
  print_line(line);
  co_return exit_ok;
}

constexpr const char* pin_help =
    R"(The member leads the election from now on, whenever it runs and may lead: a drain, the
weight 0 and a full capacity win over a pin. The election counts towards the member's
share. A pin replaces an earlier one. With --force the name may be one that is no member
now; the pin has no effect until that member joins. Without --group the group is that of
the nearest folder above KEY that has one.

Exit codes: 0; 1 if there is no such member or no group; 69 if Consul is out of reach or
refuses the request.

  tenure pin jobs/tenant-1/report host-b)";

constexpr const char* unpin_help =
    R"(The group's plan decides again which member leads the election. Exit codes: 0, also if
it was not pinned; 1 if there is no group; 69 if Consul is out of reach or refuses the
request.)";

void add_names(CLI::App& command, pin_options& o) {
  command.add_option("KEY", o.key, "the key of the election")
      ->required()
      ->check(check_key);
  command.add_option("--group", o.prefix,
                     "the prefix of the group (default: the nearest folder above KEY)")
      ->type_name("PREFIX")
      ->check(check_group_prefix);
}

// The words for `tenure policy`.
std::string policy_of(const pin_options& o) {
  return "pin " + (o.prefix.empty() ? "PREFIX" : o.prefix);
}

}  // namespace

void add_pin_command(CLI::App& app, action& chosen) {
  auto o = std::make_shared<pin_options>();
  CLI::App* command = app.add_subcommand("pin", "Choose the member that leads an election");
  add_names(*command, *o);
  command->add_option("MEMBER", o->member, "the member's name")
      ->required()
      ->check(check_member_name);
  command->add_flag("--force", o->force, "accept a name that is no member now");
  o->common.add_to(*command, "warn");
  command->footer(pin_help);
  command->callback([o, &chosen] {
    chosen = [o] {
      return with_elections(o->common, elections_options(), on_interrupt::exit_with_signal,
                            policy_of(*o), [o](elections& all) { return pin(all, o); });
    };
  });
}

void add_unpin_command(CLI::App& app, action& chosen) {
  auto o = std::make_shared<pin_options>();
  CLI::App* command = app.add_subcommand("unpin", "End the pin of an election");
  add_names(*command, *o);
  o->common.add_to(*command, "warn");
  command->footer(unpin_help);
  command->callback([o, &chosen] {
    chosen = [o] {
      return with_elections(o->common, elections_options(), on_interrupt::exit_with_signal,
                            policy_of(*o), [o](elections& all) { return unpin(all, o); });
    };
  });
}

}  // namespace tenure::apps
