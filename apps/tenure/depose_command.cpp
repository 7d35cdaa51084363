// tenure depose: an operator takes the lock from its holder.
#include <boost/system/system_error.hpp>
#include <cstdio>
#include <memory>
#include <optional>

#include "common/json.hpp"
#include "tenure/asking.hpp"
#include "tenure/subcommand.hpp"

namespace tenure::apps {
namespace {

namespace asio = boost::asio;

class depose_options {
 public:
  common_options common;
  std::string key;
  bool json = false;
};

asio::awaitable<std::optional<leader>> depose(elections& all, const std::string& key) {
  try {
    const leader who = co_await all.depose(key);
    co_return who;
  } catch (const boost::system::system_error& e) {
    if (e.code() != errc::not_leading) throw;
  }
  co_return std::nullopt;
}

asio::awaitable<int> depose_and_tell(elections& all, std::shared_ptr<depose_options> o) {
  const std::optional<leader> who = co_await depose(all, o->key);
  if (!who) {
    std::fprintf(stderr, "tenure depose: nobody leads %s\n", o->key.c_str());
    co_return exit_no_leader;
  }
  print_line(o->json ? to_json(*who)
                     : "deposed " + one_line(who->value) + " (session " + who->session + ")");
  co_return exit_ok;
}

}  // namespace

void add_depose_command(CLI::App& app, action& chosen) {
  auto o = std::make_shared<depose_options>();
  CLI::App* command = app.add_subcommand("depose", "Take the lock from its holder");
  command->add_option("KEY", o->key, "the key of the election")->required();
  command->add_flag("--json", o->json, "who it was as one line of JSON");
  o->common.add_to(*command, "warn");
  command->footer(
      R"(The holder notices within milliseconds and stops its work. A successor that is
tenure's still waits until the holder's lease would have ended. The holder may
win again. Exits with 1 where nobody leads; 69: Consul cannot be asked.)");
  command->callback([o, &chosen] {
    chosen = [o] {
      return ask_consul(o->common, false, [o](elections& all) { return depose_and_tell(all, o); });
    };
  });
}

}  // namespace tenure::apps
