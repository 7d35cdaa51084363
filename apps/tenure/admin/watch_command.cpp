// tenure watch: prints the leader, now and at every change.
#include <memory>

#include "common/argument_checks.hpp"
#include "common/json.hpp"
#include "common/output.hpp"
#include "common/with_elections.hpp"
#include "tenure/admin/leader_json.hpp"
#include "tenure/subcommand.hpp"

namespace tenure::apps {
namespace {

namespace asio = boost::asio;

struct watch_options {
  common_options common;
  std::string key;
  bool json = false;
  bool stale = false;
};

std::string shown(const leader& who) {
  if (!who.present()) return "";
  return who.value.empty() ? "(no value)" : one_line(who.value);
}

asio::awaitable<int> print_changes(elections& all, std::shared_ptr<watch_options> o) {
  co_await wait_for_consul(all);
  observer changes = all.observe(o->key);
  for (;;) {
    const leader who = co_await changes.next();
    print_line(o->json ? to_json(who) : shown(who));
    flush_output();
  }
}

}  // namespace

void add_watch_command(CLI::App& app, action& chosen) {
  auto o = std::make_shared<watch_options>();
  CLI::App* command = app.add_subcommand("watch", "Print the leader at every change");
  command->add_option("KEY", o->key, "the key of the election")
      ->required()
      ->check(check_key);
  command->add_flag("--json", o->json, "print key, value, session and fence as lines of JSON");
  o->common.add_to(*command, "warn");
  add_stale(*command, o->stale);
  command->footer(
      R"(Prints the value that the leader published, at once and after every change; an empty
line means that there is no leader, (no value) that one publishes nothing, as the
holder of a lock of Consul's own command. Line breaks in a value are printed as \n. Waits
while Consul is out of reach, or while the token lacks the right to read. Exit codes:
0 when interrupted; 69 if Consul does not answer within ten seconds at the start.

  tenure watch service/db/leader | while read -r host; do ./point-to "$host"; done)");
  command->callback([o, &chosen] {
    chosen = [o] {
      return with_elections(o->common, elections_options().stale_reads(o->stale),
                            on_interrupt::exit_ok,
                            "watch " + o->key,
                            [o](elections& all) { return print_changes(all, o); },
                            missing_rights::in_log);
    };
  });
}

}  // namespace tenure::apps
