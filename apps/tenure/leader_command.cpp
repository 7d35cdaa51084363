// tenure leader: who leads now.
#include <memory>

#include "tenure/asking.hpp"
#include "tenure/subcommand.hpp"

namespace tenure::apps {
namespace {

namespace asio = boost::asio;

class leader_options {
 public:
  common_options common;
  std::string key;
  bool json = false;
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
  CLI::App* command = app.add_subcommand("leader", "Print what the leader published");
  command->add_option("KEY", o->key, "the key of the election")->required();
  command->add_flag("--json", o->json, "key, value, session and fence as one line of JSON");
  o->common.add_to(*command, "warn");
  command->footer(
      R"help(Prints nothing and exits with 1 where nobody leads; 69: Consul cannot be asked.

  psql -h "$(tenure leader service/postgres/leader)")help");
  command->callback([o, &chosen] {
    chosen = [o] {
      return ask_consul(o->common, false, [o](elections& all) { return print_leader(all, o); });
    };
  });
}

}  // namespace tenure::apps
