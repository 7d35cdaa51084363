// A process with many tenants on one set of connections: tenants_probe FILE ELECTIONS. Each line of
// the file is a tenant, "NAME TOKEN", where the token "-" is that of the environment. Its elections
// have the keys NAME/0/leader and so on. Writes
// "begin NAME NUMBER TIME" and "end NAME NUMBER TIME REASON" when a body begins and ends, and
// "refused NAME" when Consul refuses a campaign. SIGTERM shuts all tenants down.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <list>
#include <string>
#include <string_view>
#include <tenure/consul_connections.hpp>
#include <tenure/elections.hpp>
#include <unistd.h>
#include <utility>

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// Everything that one tenant has.
class tenant {
 public:
  tenant(const tenure::consul_connections& shared, std::string its_name, const std::string& token)
      : name(std::move(its_name)),
        elections(shared, options_of(name, token)) {}

  std::string name;
  tenure::elections elections;

 private:
  static tenure::elections_options options_of(const std::string& name, const std::string& token) {
    tenure::elections_options made;
    made.name("tenants-probe/" + name);
    if (token != "-") made.access(tenure::consul_access().token(token));
    return made;
  }
};

void say(const char* what, const tenant& whose, std::size_t number, std::string_view more = {}) {
  std::printf("%s %s %zu %lld%.*s\n", what, whose.name.c_str(), number,
              static_cast<long long>(tenure::boot_clock::now().time_since_epoch().count()),
              static_cast<int>(more.size()), more.data());
}

/// The work of a term, which lasts as long as the term.
class work {
 public:
  work(const tenant& whose, std::size_t number) : whose_(&whose), number_(number) {}
  asio::awaitable<void> operator()(tenure::term held) const { return run(*this, std::move(held)); }

 private:
  static asio::awaitable<void> run(work self, tenure::term held) {
    say("begin", *self.whose_, self.number_);
    try {
      co_await held.stop_requested();
    } catch (const boost::system::system_error&) {  // cancelled: the term has to stop
    }
    say("end", *self.whose_, self.number_, " " + std::string(to_string(held.reason())));
  }

  const tenant* whose_;
  std::size_t number_;
};

/// Leads again after each term, and asks again after a refusal.
asio::awaitable<void> serve(tenant& whose, std::size_t number) {
  const std::string key = whose.name + "/" + std::to_string(number) + "/leader";
  tenure::election entered = whose.elections.enter(
      key, tenure::candidacy("probe-" + std::to_string(::getpid())));
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer pause(executor);
  bool open = true;
  while (open) {
    bool refused = false;
    try {
      work body(whose, number);
      co_await entered.lead(std::move(body));
    } catch (const boost::system::system_error& error) {
      open = error.code() != tenure::errc::shut_down;
      refused = open;
    }
    if (refused) {
      std::printf("refused %s\n", whose.name.c_str());
      pause.expires_after(1s);
      co_await pause.async_wait(asio::use_awaitable);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 64;
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  asio::io_context io(1);
  const tenure::consul_connections shared(
      io.get_executor(), tenure::consul_config::from_environment().connections(80));
  std::list<tenant> tenants;
  std::ifstream file(argv[1]);
  std::string name;
  std::string token;
  while (file >> name >> token) tenants.emplace_back(shared, name, token);
  const auto elections = static_cast<std::size_t>(std::atoi(argv[2]));
  for (tenant& one : tenants) {
    for (std::size_t i = 0; i < elections; ++i) {
      asio::co_spawn(io, serve(one, i), asio::detached);
    }
  }
  asio::signal_set signals(io, SIGTERM);
  signals.async_wait([&](const boost::system::error_code&, int) {
    for (tenant& one : tenants) {
      asio::co_spawn(io, one.elections.shut_down(), asio::detached);
    }
  });
  io.run();
  return 0;
}
