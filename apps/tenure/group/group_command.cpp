// tenure group: prints the members of a group and what each leads.
#include <boost/system/system_error.hpp>
#include <cstdio>
#include <memory>
#include <optional>
#include <vector>

#include "common/argument_checks.hpp"
#include "common/group_text.hpp"
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

constexpr duration read_again = 1s;  // with --watch

struct group_command_options {
  common_options common;
  std::string prefix;
  bool json = false;
  bool watch = false;
};

using options_ptr = std::shared_ptr<group_command_options>;

asio::awaitable<int> print_once(elections& all, options_ptr o) {
  const group_report seen = co_await all.group_of(o->prefix);
  if (o->json) {
    print_line(to_json(seen));
  } else if (!seen.members.empty()) {
    for (const std::string& line : to_lines(seen)) print_line(line);
  }
  if (!seen.members.empty()) co_return exit_ok;
  if (!o->json)
    print_error("tenure group: %s has no members\n", one_line(o->prefix).c_str());
  co_return exit_no_member;
}

// Nothing, and the reason, where Consul does not answer now, or refuses it.
asio::awaitable<std::optional<group_report>> try_to_read(elections& all, options_ptr o,
                                                         std::string& why) {
  try {
    group_report seen = co_await all.group_of(o->prefix);
    co_return seen;
  } catch (const boost::system::system_error& e) {
    const error_code error = e.code();
    const bool rights = error == consul_errc::forbidden;
    if (error == asio::error::operation_aborted || (error == error_kind::fatal && !rights)) throw;
    why = rights ? detail_of(e) : error.message();
  }
  co_return std::nullopt;
}

asio::awaitable<int> print_changes(elections& all, options_ptr o) {
  co_await wait_for_consul(all);
  std::vector<std::string> printed;
  bool failing = false;
  for (;;) {
    std::string why;
    const std::optional<group_report> seen = co_await try_to_read(all, o, why);
    if (!seen && !failing)
      print_error("tenure group: %s; trying again\n", why.c_str());
    failing = !seen;
    std::vector<std::string> lines = printed;
    if (seen && o->json) lines = {to_json(*seen)};
    if (seen && !o->json) lines = to_lines(*seen);
    if (lines != printed) {
      if (!o->json && !printed.empty()) print_line("");
      for (const std::string& line : lines) print_line(line);
      flush_output();
      printed = std::move(lines);
    }
    co_await all.sleep_until(all.now() + read_again);
  }
}

constexpr const char* more_help =
    R"(A member's state is joining until its settling time is over, then settled; draining
or drained after `tenure drain`; leaving while it hands over everything to stop. SHARE
is what it leads once all moves are done, GIVES and GETS are the moves to come. The
elections are the keys below PREFIX. With --watch the group is read every second, and
printed again when something changed; with --json it is one line each time.

Exit codes: 0; 1 if the group has no members; 69 if Consul is out of reach or refuses
the request. With --watch 0 when interrupted; it waits through outages.

  tenure group jobs
  tenure group --json jobs | jq '.members[] | select(.leads > .share)')";

}  // namespace

void add_group_command(CLI::App& app, action& chosen) {
  auto o = std::make_shared<group_command_options>();
  CLI::App* command =
      app.add_subcommand("group", "Show the members of a group and what each leads");
  command->add_option("PREFIX", o->prefix, "the prefix of the group")
      ->required()
      ->check(check_group_prefix);
  command->add_flag("--json", o->json, "print the group as one line of JSON");
  command->add_flag("--watch", o->watch, "print it again at every change");
  o->common.add_to(*command, "warn");
  command->footer(more_help);
  command->callback([o, &chosen] {
    chosen = [o] {
      o->prefix = without_end_slashes(o->prefix);
      const auto after = o->watch ? on_interrupt::exit_ok : on_interrupt::exit_with_signal;
      return with_elections(o->common, elections_options(), after, "group " + o->prefix,
                            [o](elections& all) {
                              return o->watch ? print_changes(all, o) : print_once(all, o);
                            });
    };
  });
}

}  // namespace tenure::apps
