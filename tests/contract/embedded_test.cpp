// The public classes against an embedded agent on the same io_context.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>
#include <catch2/catch_test_macros.hpp>
#include <exception>
#include <tenure/agent.hpp>
#include <tenure/agent_services.hpp>
#include <tenure/delegate.hpp>
#include <tenure/elections.hpp>
#include <tenure/toolkit/http_client.hpp>
#include <utility>

namespace tenure::test {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

const std::string key = "service/embedded/leader";

time_point soon() { return boot_clock::now() + 20s; }

class stage {
 public:
  stage() : agent(io.get_executor(), agent_options().start_lock_delay(0s).node_name("here")) {
    agent.listen("127.0.0.1:0");
  }
  consul_config config() const { return consul_config(agent.address()); }
  /// Runs a task while the agent serves.
  void run(asio::awaitable<void> task) {
    std::exception_ptr failure;
    asio::co_spawn(io, std::move(task), [&](std::exception_ptr error) {
      failure = std::move(error);
      io.stop();
    });
    io.restart();
    io.run();
    if (failure) std::rethrow_exception(failure);
  }

  asio::io_context io{1};
  agent_server agent;
};

asio::awaitable<error_code> error_of(asio::awaitable<void> task) {
  try {
    co_await std::move(task);
  } catch (const boost::system::system_error& e) {
    co_return e.code();
  }
  co_return error_code();
}

asio::awaitable<void> read_settings(delegate& by) { co_await by.settings(); }

asio::awaitable<void> check_delegate(stage& s) {
  elections all(s.io.get_executor(), s.config());
  election db = all.enter(key, candidacy("me").span(5s));
  const term held = co_await db.campaign();
  CHECK(s.agent.sessions() == 1);
  CHECK(s.agent.index() >= held.fence());

  delegate child(s.io.get_executor(), s.config(), key, held.session());
  const bool leads = co_await child.leads();
  CHECK(leads);
  const leadership_proof proof = co_await child.prove();
  CHECK(proof.leads);
  CHECK(proof.span == 5s);
  CHECK(proof.lease > 4s);
  CHECK(proof.lease < 5s);
  CHECK(proof.valid_until > boot_clock::now());
  CHECK(proof.valid_until <= boot_clock::now() + proof.lease);

  leader_settings::changes changes{{"host", "db-1"}, {"port", "1"}};
  co_await child.set(changes);
  changes = {{"port", ""}};
  co_await child.set(changes);
  const settings_snapshot stored = co_await child.settings();
  CHECK(stored.values == leader_settings::changes{{"host", "db-1"}});
  CHECK(stored.index > 0);

  delegate stranger(s.io.get_executor(), s.config(), key, "");
  const bool stranger_leads = co_await stranger.leads();
  CHECK_FALSE(stranger_leads);
  const leadership_proof none = co_await stranger.prove();
  CHECK_FALSE(none.leads);
  const error_code refused = co_await error_of(stranger.set(changes));
  CHECK(refused == errc::not_leading);
  const settings_snapshot read = co_await stranger.settings();
  CHECK(read == stored);

  delegate confused(s.io.get_executor(), s.config(), key, "", key);  // not a settings key
  const error_code malformed = co_await error_of(read_settings(confused));
  CHECK(malformed == errc::bad_argument);

  co_await db.leave();
  const bool still = co_await child.leads();
  CHECK_FALSE(still);
  const error_code late = co_await error_of(child.set(changes));
  CHECK(late == errc::not_leading);
  co_await all.shut_down();
}

asio::awaitable<void> check_services(stage& s) {
  agent_services services(s.io.get_executor(), s.config());
  agent_service web("web-1", "web");
  web.tags = {"v1"};
  web.meta.emplace_back("owner", "me");
  const service_written written = co_await services.register_service(web.registration(), soon());
  CHECK_FALSE(written.error);

  const service_result read = co_await services.read("web-1");
  REQUIRE(read.service);
  CHECK(read.service->name == "web");
  CHECK(read.service->tags == web.tags);
  CHECK(read.service->meta == web.meta);
  const service_list all = co_await services.find("");
  CHECK(all.services.size() == 1);
  const service_list none = co_await services.find("Service == \"other\"");
  CHECK_FALSE(none.error);
  CHECK(none.services.empty());

  const service_result unwatched = co_await services.watch("web-1", read.service->hash, 1s);
  CHECK(unwatched.error == consul_errc::server_error);
  CHECK(unwatched.detail.find("no blocking queries by hash") != std::string::npos);

  const service_written odd =
      co_await services.register_service(R"({"ID":"x","Name":"x","Odd":1})", soon());
  CHECK(odd.error == consul_errc::bad_request);
  CHECK(odd.unknown_field == "Odd");

  const service_answer gone = co_await services.deregister("web-1", soon());
  CHECK_FALSE(gone.error);
  const service_answer again = co_await services.deregister("web-1", soon());
  CHECK_FALSE(again.error);
  const service_result missing = co_await services.read("web-1");
  CHECK_FALSE(missing.error);
  CHECK_FALSE(missing.service);
}

asio::awaitable<void> check_client(stage& s) {
  const auto timers = runtime::system_timers(s.io.get_executor());
  toolkit::http_client client(s.io.get_executor(), timers, s.agent.address());
  runtime::http_request put("PUT", "/v1/kv/a", "text");
  const toolkit::http_result stored = co_await client.send(std::move(put), soon());
  CHECK(stored.response.body == "true");
  runtime::http_request get("GET", "/v1/kv/a?raw");
  const toolkit::http_result read = co_await client.send(std::move(get), soon());
  CHECK_FALSE(read.error);
  CHECK(read.response.status == 200);
  CHECK(read.response.body == "text");
  CHECK(s.agent.connections() == 1);

  toolkit::http_client nowhere(s.io.get_executor(), timers, "unix:///nonexistent/socket");
  runtime::http_request lost("GET", "/");
  const toolkit::http_result failed = co_await nowhere.send(std::move(lost), soon());
  CHECK(failed.error);
}

}  // namespace

TEST_CASE("A delegate acts for the holder of a key, and for no other process") {
  stage s;
  s.run(check_delegate(s));
}

TEST_CASE("The services of the local agent can be registered, read and removed") {
  stage s;
  s.run(check_services(s));
}

TEST_CASE("The toolkit's HTTP client keeps its connection") {
  stage s;
  s.run(check_client(s));
  CHECK_THROWS_AS(toolkit::http_client(s.io.get_executor(), nullptr, "ftp://plain"),
                  bad_configuration);
}

TEST_CASE("An embedded agent names the address on which it cannot listen") {
  stage s;
  agent_server other(s.io.get_executor());
  CHECK_THROWS_AS(other.listen(s.agent.address()), boost::system::system_error);
  CHECK(other.port() == 0);
}

}  // namespace tenure::test
