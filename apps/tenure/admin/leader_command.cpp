// tenure leader: prints the current leader.
#include <memory>

#include "common/argument_checks.hpp"
#include "common/output.hpp"
#include "common/with_elections.hpp"
#include "tenure/admin/leader_json.hpp"
#include "tenure/subcommand.hpp"

namespace tenure::apps {
namespace {

namespace asio = boost::asio;

struct leader_options {
  common_options common;
  std::string key;
  bool json = false;
  bool stale = false;
};

asio::awaitable<int> print_leader(elections& all, std::shared_ptr<leader_options> o) {
  const leader who = co_await all.leader_of(o->key);
  if (o->json) {
    if (who.present()) print_line(to_json(who));
  } else if (who.present()) {
    print_line(who.value);
  }
  co_return who.present() ? exit_ok : exit_no_leader;
}

}  // namespace

void add_leader_command(CLI::App& app, action& chosen) {
  auto o = std::make_shared<leader_options>();
  CLI::App* command = app.add_subcommand("leader", "Print the value that the leader published");
  command->add_option("KEY", o->key, "the key of the election")
      ->required()
      ->check(check_key);
  command->add_flag("--json", o->json, "print key, value, session and fence as one line of JSON");
  o->common.add_to(*command, "warn");
  add_stale(*command, o->stale);
  command->footer(
      R"help(Exit codes: 0; 1 if there is no leader (nothing is printed); 69 if Consul is out of
reach or refuses the request.

  psql -h "$(tenure leader service/postgres/leader)")help");
  command->callback([o, &chosen] {
    chosen = [o] {
      return with_elections(o->common, elections_options().stale_reads(o->stale),
                            on_interrupt::exit_with_signal,
                            "watch " + o->key,
                            [o](elections& all) { return print_leader(all, o); });
    };
  });
}

}  // namespace tenure::apps
