// tenure depose: releases a lock against the will of its holder.
#include <boost/system/system_error.hpp>
#include <cstdio>
#include <memory>
#include <optional>

#include "common/argument_checks.hpp"
#include "common/json.hpp"
#include "common/log/line_writer.hpp"
#include "common/output.hpp"
#include "common/with_elections.hpp"
#include "tenure/admin/leader_json.hpp"
#include "tenure/subcommand.hpp"

namespace tenure::apps {
namespace {

namespace asio = boost::asio;

struct depose_options {
  common_options common;
  std::string key;
  bool json = false;
};

// Returns the leader that was deposed, if there was one.
asio::awaitable<std::optional<leader>> depose(elections& all, const std::string& key) {
  try {
    const leader who = co_await all.depose(key);
    co_return who;
  } catch (const boost::system::system_error& e) {
    if (e.code() != errc::not_leading) throw;
  }
  co_return std::nullopt;
}

asio::awaitable<int> depose_and_print(elections& all, std::shared_ptr<depose_options> o) {
  const std::optional<leader> who = co_await depose(all, o->key);
  if (!who) {
    print_error("tenure depose: %s has no leader\n", o->key.c_str());
    co_return exit_no_leader;
  }
  print_line(o->json ? to_json(*who)
                     : "deposed " + one_line(who->value) + " (session " +
                           one_line(who->session) + ")");
  co_return exit_ok;
}

}  // namespace

void add_depose_command(CLI::App& app, action& chosen) {
  auto o = std::make_shared<depose_options>();
  CLI::App* command = app.add_subcommand("depose", "Take the leadership from the leader");
  command->add_option("KEY", o->key, "the key of the election")
      ->required()
      ->check(check_key);
  command->add_flag("--json", o->json, "print the deposed leader as one line of JSON");
  o->common.add_to(*command, "warn");
  command->footer(
      R"(The leader notices within milliseconds and stops its work. A successor that uses
tenure still waits until the leader's lease would have ended. The deposed leader may
win again. Exit codes: 0; 1 if there is no leader; 69 if Consul is out of reach or
refuses the request.)");
  command->callback([o, &chosen] {
    chosen = [o] {
      return with_elections(o->common, elections_options(), on_interrupt::exit_with_signal,
                            "depose " + o->key,
                            [o](elections& all) { return depose_and_print(all, o); });
    };
  });
}

}  // namespace tenure::apps
