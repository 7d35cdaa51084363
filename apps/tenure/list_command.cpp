// tenure list: who leads what below a prefix.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <vector>

#include "common/json.hpp"
#include "tenure/asking.hpp"
#include "tenure/subcommand.hpp"

namespace tenure::apps {
namespace {

namespace asio = boost::asio;

class list_options {
 public:
  common_options common;
  std::string prefix;
  bool json = false;
};

using row = std::vector<std::string>;

void print_table(const std::vector<leader>& all) {
  std::vector<row> rows{{"KEY", "LEADER", "FENCE", "SESSION"}};
  for (const leader& who : all) {
    const std::string value = who.value.empty() ? "(no value)" : one_line(who.value);
    rows.push_back(who.present()
                       ? row{one_line(who.key), value, std::to_string(who.fence), who.session}
                       : row{one_line(who.key), "-", "-", "-"});
  }
  std::vector<std::size_t> widths(rows.front().size(), 0);
  for (const row& r : rows) {
    for (std::size_t i = 0; i < r.size(); ++i) widths[i] = std::max(widths[i], r[i].size());
  }
  for (const row& r : rows) {
    std::string line;
    for (std::size_t i = 0; i < r.size(); ++i) {
      line += r[i];
      if (i + 1 < r.size()) line += std::string(widths[i] - r[i].size() + 2, ' ');
    }
    print_line(line);
  }
}

asio::awaitable<int> print_leaders(elections& all, std::shared_ptr<list_options> o) {
  const std::vector<leader> found = co_await all.leaders(o->prefix);
  if (o->json) {
    for (const leader& who : found) print_line(to_json(who));
  } else if (found.empty()) {
    std::fprintf(stderr, "tenure list: no elections below \"%s\"\n", o->prefix.c_str());
  } else {
    print_table(found);
  }
  co_return found.empty() ? exit_no_leader : exit_ok;
}

}  // namespace

void add_list_command(CLI::App& app, action& chosen) {
  auto o = std::make_shared<list_options>();
  CLI::App* command = app.add_subcommand("list", "Print who leads what below a prefix");
  command->add_option("PREFIX", o->prefix, "what the keys begin with; without it, all keys");
  command->add_flag("--json", o->json, "a line of JSON each, as tenure leader --json prints it");
  o->common.add_to(*command, "warn");
  command->footer(
      R"(One line for every election that is led or was, and for every slot of a semaphore
that is taken; "-" where nobody leads. Exits with 1 where there is none; 69: Consul
cannot be asked.

  tenure list service/)");
  command->callback([o, &chosen] {
    chosen = [o] {
      return ask_consul(o->common, false, [o](elections& all) { return print_leaders(all, o); });
    };
  });
}

}  // namespace tenure::apps
