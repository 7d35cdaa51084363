// tenure list: prints the elections below a prefix and their leaders.
#include <cstdio>
#include <memory>
#include <vector>

#include "common/argument_checks.hpp"
#include "common/json.hpp"
#include "common/log/line_writer.hpp"
#include "common/output.hpp"
#include "common/progress.hpp"
#include "common/text_table.hpp"
#include "common/with_elections.hpp"
#include "tenure/admin/leader_json.hpp"
#include "tenure/subcommand.hpp"

namespace tenure::apps {
namespace {

namespace asio = boost::asio;

struct list_options {
  common_options common;
  std::string prefix;
  bool json = false;
  bool quiet = false;
  bool stale = false;
};

void print_table(const std::vector<leader>& all) {
  std::vector<table_row> rows{{"KEY", "LEADER", "FENCE", "SESSION"}};
  for (const leader& who : all) {
    const std::string value = who.value.empty() ? "(no value)" : one_line(who.value);
    rows.push_back(who.present()
                       ? table_row{one_line(who.key), value, std::to_string(who.fence),
                                   one_line(who.session)}
                       : table_row{one_line(who.key), "-", "-", "-"});
  }
  for (const std::string& line : aligned(rows)) print_line(line);
}

// Consul sends all of it in one answer, so the time is all that shows.
asio::awaitable<std::vector<leader>> read_leaders(elections& all,
                                                  std::shared_ptr<list_options> o) {
  const progress shown("tenure list: reading", "",
                       o->json || o->quiet ? show_progress::no : show_progress::yes);
  std::vector<leader> found = co_await all.leaders(o->prefix);
  co_return found;
}

asio::awaitable<int> print_leaders(elections& all, std::shared_ptr<list_options> o) {
  const std::vector<leader> found = co_await read_leaders(all, o);
  if (o->json) {
    for (const leader& who : found) print_line(to_json(who));
  } else if (found.empty()) {
    print_error("tenure list: no elections below \"%s\"\n", o->prefix.c_str());
  } else {
    print_table(found);
  }
  co_return found.empty() ? exit_no_leader : exit_ok;
}

}  // namespace

void add_list_command(CLI::App& app, action& chosen) {
  auto o = std::make_shared<list_options>();
  CLI::App* command =
      app.add_subcommand("list", "List the elections below a prefix and their leaders");
  command->add_option("PREFIX", o->prefix, "the beginning of the keys (default: all keys)")
      ->check(check_key_prefix);
  command->add_flag("--json", o->json,
                    "print a line of JSON for each, as tenure leader --json does");
  command->add_flag("-q,--quiet", o->quiet, "show no progress");
  o->common.add_to(*command, "warn");
  add_stale(*command, o->stale);
  command->footer(
      R"(Prints a line for every election that has or had a leader ("-" if it has none now),
and for every slot of a semaphore that is taken. Exit codes: 0; 1 if there are no
elections; 69 if Consul is out of reach or refuses the request.

  tenure list service/)");
  command->callback([o, &chosen] {
    chosen = [o] {
      return with_elections(o->common, elections_options().stale_reads(o->stale),
                            on_interrupt::exit_with_signal,
                            "list " + o->prefix,
                            [o](elections& all) { return print_leaders(all, o); });
    };
  });
}

}  // namespace tenure::apps
