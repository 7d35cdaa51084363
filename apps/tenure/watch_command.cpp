// tenure watch: who leads, now and whenever that changes.
#include <memory>

#include "common/json.hpp"
#include "tenure/asking.hpp"
#include "tenure/subcommand.hpp"

namespace tenure::apps {
namespace {

namespace asio = boost::asio;

class watch_options {
 public:
  common_options common;
  std::string key;
  bool json = false;
};

asio::awaitable<int> print_changes(elections& all, std::shared_ptr<watch_options> o) {
  co_await reach_consul(all);
  observer seen = all.observe(o->key);
  for (;;) {
    const leader who = co_await seen.next();
    const std::string value = who.present() ? one_line(who.value) : std::string();
    print_line(o->json ? to_json(who) : value);
  }
}

}  // namespace

void add_watch_command(CLI::App& app, action& chosen) {
  auto o = std::make_shared<watch_options>();
  CLI::App* command = app.add_subcommand("watch", "Follow who leads");
  command->add_option("KEY", o->key, "the key of the election")->required();
  command->add_flag("--json", o->json, "key, value, session and fence as a line of JSON each");
  o->common.add_to(*command, "warn");
  command->footer(
      R"(Prints what the leader published, at once and again whenever that changes; an
empty line where nobody leads. Line breaks in a value are printed as \n. Ends with
0 when interrupted, with 69 where Consul does not answer for ten seconds at the
start; later it waits.

  tenure watch service/db/leader | while read -r host; do ./point-to "$host"; done)");
  command->callback([o, &chosen] {
    chosen = [o] {
      return ask_consul(o->common, true, [o](elections& all) { return print_changes(all, o); });
    };
  });
}

}  // namespace tenure::apps
