// tenure drain and tenure undrain: whether a member of a group may lead.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>

#include "common/argument_checks.hpp"
#include "common/json.hpp"
#include "common/log/line_writer.hpp"
#include "common/output.hpp"
#include "common/progress.hpp"
#include "common/with_elections.hpp"
#include "tenure/group/group_reads.hpp"
#include "tenure/subcommand.hpp"

namespace tenure::apps {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr duration read_again = 250ms;

struct drain_options {
  common_options common;
  std::string prefix;
  std::string member;
  bool force = false;
  bool wait = false;
  bool quiet = false;
  std::optional<duration> timeout;
};

using options_ptr = std::shared_ptr<drain_options>;

// Nothing: the member leads nothing, and says so itself, as a list may lack some of its elections.
// Otherwise the time is over, and so many of its elections are listed.
asio::awaitable<std::optional<std::size_t>> wait_until_drained(elections& all, options_ptr o,
                                                               std::size_t led) {
  const time_point begin = all.now();
  progress shown("tenure drain: " + one_line(o->member), "elections",
                 o->quiet ? show_progress::no : show_progress::yes);
  for (;;) {
    const group_report seen = co_await all.group_of(o->prefix);
    const std::size_t leads = led_by(seen, o->member);
    shown.update(led > leads ? led - leads : 0, led);
    if (leads == 0 && is_idle(seen, o->member)) co_return std::nullopt;
    if (o->timeout && all.now() - begin >= *o->timeout) co_return leads;
    co_await all.sleep_until(all.now() + read_again);
  }
}

asio::awaitable<int> drain(elections& all, options_ptr o) {
  const group_report before = co_await all.group_of(o->prefix);
  if (!o->force && !has_member(before, o->member)) {
    print_no_member("tenure drain", before, o->member);
    co_return exit_no_member;
  }
  co_await all.drain(o->prefix, o->member);
  const std::string name = one_line(o->member);
  std::size_t leads = led_by(before, o->member);
  if (o->wait) {
    const std::optional<std::size_t> left = co_await wait_until_drained(all, o, leads);
    if (left) {
      const std::string state = *left == 0 ? " does not say yet that it leads nothing"
                                           : " still leads " + count_of_elections(*left);
      print_error("tenure drain: %s%s of %s after %s; the drain goes on\n", name.c_str(),
                  state.c_str(), one_line(o->prefix).c_str(), to_text(*o->timeout).c_str());
      co_return exit_not_elected;
    }
    leads = 0;
  }
  print_line(leads == 0 ? name + " is drained and leads nothing"
                        : name + " is drained and hands over " + count_of_elections(leads));
  co_return exit_ok;
}

asio::awaitable<int> undrain(elections& all, options_ptr o) {
  const group_report before = co_await all.group_of(o->prefix);
  co_await all.undrain(o->prefix, o->member);
  const bool was = std::ranges::find(before.drained, o->member) != before.drained.end();
  print_line(one_line(o->member) + (was ? " is no longer drained" : " was not drained"));
  co_return exit_ok;
}

constexpr const char* drain_help =
    R"(The member hands over every election that it leads, and takes none, until `tenure
undrain`. A drain also holds for a member that joins later under the name, so it
outlives a restart. With --force the name may be one that is no member now. With --wait
standard error shows the progress after the first second.

Exit codes: 0; 1 if there is no such member; 69 if Consul is out of reach or refuses
the request; 75 if the member still leads when the time of --timeout is over (it stays
drained).

  tenure drain --wait --timeout 1m jobs host-a && ssh host-a reboot)";

constexpr const char* undrain_help =
    R"(The member takes its share again. Exit codes: 0, also if it was not drained; 69 if
Consul is out of reach or refuses the request.)";

void add_names(CLI::App& command, drain_options& o) {
  command.add_option("PREFIX", o.prefix, "the prefix of the group")
      ->required()
      ->check(check_group_prefix);
  command.add_option("MEMBER", o.member, "the member's name")
      ->required()
      ->check(check_member_name);
}

}  // namespace

void add_drain_command(CLI::App& app, action& chosen) {
  auto o = std::make_shared<drain_options>();
  CLI::App* command =
      app.add_subcommand("drain", "Make a member of a group hand over all that it leads");
  add_names(*command, *o);
  command->add_flag("--wait", o->wait, "return when the member leads nothing");
  add_duration(*command, "--timeout", o->timeout,
               "with --wait: give up after this time (default: never)");
  command->add_flag("--force", o->force, "accept a name that is no member now");
  command->add_flag("-q,--quiet", o->quiet, "with --wait: show no progress");
  o->common.add_to(*command, "warn");
  command->footer(drain_help);
  command->callback([o, &chosen] {
    chosen = [o] {
      o->prefix = without_end_slashes(o->prefix);
      if (o->timeout && !o->wait) throw usage_error("--timeout: only with --wait");
      return with_elections(o->common, elections_options(), on_interrupt::exit_with_signal,
                            "drain " + o->prefix,
                            [o](elections& all) { return drain(all, o); });
    };
  });
}

void add_undrain_command(CLI::App& app, action& chosen) {
  auto o = std::make_shared<drain_options>();
  CLI::App* command = app.add_subcommand("undrain", "End the drain of a member of a group");
  add_names(*command, *o);
  o->common.add_to(*command, "warn");
  command->footer(undrain_help);
  command->callback([o, &chosen] {
    chosen = [o] {
      o->prefix = without_end_slashes(o->prefix);
      return with_elections(o->common, elections_options(), on_interrupt::exit_with_signal,
                            "drain " + o->prefix,
                            [o](elections& all) { return undrain(all, o); });
    };
  });
}

}  // namespace tenure::apps
