// Features of the embedded agent alone: its start and stop, its state file, its limits.
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_exception.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <tenure/bad_configuration.hpp>

#include "agent/state_file.hpp"
#include "runtime/environment.hpp"

#include "support/agent_thread.hpp"
#include "support/http_probe.hpp"

namespace tenure::test {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;
using namespace std::chrono_literals;

/// A temporary folder of one test.
class scratch {
 public:
  scratch() {
    std::string pattern = fs::temp_directory_path() / "tenure-agent-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = pattern;
  }
  ~scratch() { fs::remove_all(path_); }
  std::string file(const char* name) const { return path_ / name; }

 private:
  fs::path path_;
};

std::string content(const std::string& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// The options of an agent that answers as one version of Consul, then as the other.
agent::server_options each_version() {
  agent::server_options options;
  options.handler.version =
      GENERATE(consul_version::v1_8, consul_version::v1_21);
  return options;
}

agent::server_options keep_alive(const std::string& file) {
  agent::server_options options;
  options.state_file = file;
  return options;
}

std::string session_on(http_probe& probe) {
  return probe.ask("PUT", "/v1/session/create", R"({"LockDelay":0})").body.substr(7, 36);
}

/// Writes a key; its ModifyIndex.
std::uint64_t write_index(http_probe& probe) {
  probe.ask("PUT", "/v1/kv/index", "x");
  const std::uint64_t index = probe.ask("GET", "/v1/kv/index").index();
  probe.ask("DELETE", "/v1/kv/index");
  return index;
}

}  // namespace

TEST_CASE("A clean stop answers parked queries with an unchanged index and closes") {
  agent_thread agent(each_version());
  http_probe probe(agent.address());
  probe.ask("PUT", "/v1/kv/stop", "x");
  const std::string index = std::to_string(probe.ask("GET", "/v1/kv/stop").index());
  http_probe parked(agent.address());
  parked.send("GET", "/v1/kv/stop?raw&wait=60s&index=" + index);
  http_probe missing(agent.address());
  missing.send("GET", "/v1/kv/none?wait=60s&index=999999999");
  while (agent.parked() < 2) {
  }
  agent.stop();
  const http_answer answer = parked.receive();
  CHECK(answer.body == "x");
  CHECK(answer.header("X-Consul-Index") == index);
  CHECK(answer.header("Connection") == "close");
  CHECK(parked.receive_to_end().empty());
  CHECK(missing.receive().status == 404);
  CHECK(probe.receive_to_end().empty());
  CHECK_THROWS(http_probe(agent.address()));
}

TEST_CASE("A poll without a client keeps its slot until its wait ends") {
  agent_thread agent(each_version());
  {
    http_probe probe(agent.address());
    probe.send("GET", "/v1/kv/none?wait=200ms&index=999999999");
    while (agent.parked() == 0) {
    }
  }
  while (agent.connections() > 0) {
  }
  CHECK(agent.parked() == 1);
  http_probe probe(agent.address());
  probe.ask("GET", "/v1/kv/none?wait=300ms&index=999999999");  // longer, jitter included
  CHECK(agent.parked() == 0);
}

TEST_CASE("Indexes grow across restarts") {
  const scratch folder;
  const std::string file = folder.file("deeper/state");
  std::uint64_t first = 0;
  {
    agent::server_options at_once = keep_alive(file);
    at_once.unclean_lock_delay = duration::zero();
    agent_thread agent(at_once);
    http_probe probe(agent.address());
    first = write_index(probe);
    CHECK(first > 1'600'000'000'000'000);  // microseconds since 1970
    CHECK(first < (std::uint64_t{1} << 53));
    agent.stop();
  }
  CHECK_THAT(content(file), ContainsSubstring("stop clean"));
  {
    // The clock was set back, or the agent wrote more often than once a microsecond: the file
    // counts.
    std::ofstream(file) << "tenure-agent-state 1\nindex 9000000000000000\nstop clean\n";
    agent_thread agent(keep_alive(file));
    http_probe probe(agent.address());
    CHECK(write_index(probe) == 9'000'000'000'000'001);
    // After a crash the file is ahead of every index that clients have seen.
  }
  CHECK_THAT(content(file), ContainsSubstring("stop unclean"));
  agent_thread agent(keep_alive(file));
  http_probe probe(agent.address());
  CHECK(write_index(probe) > 9'000'000'000'000'003);
}

TEST_CASE("After an unclean stop the agent refuses locks for a while") {
  const scratch folder;
  const std::string file = folder.file("state");
  const auto acquires = [](agent_thread& agent) {
    http_probe probe(agent.address());
    const std::string session = session_on(probe);
    const bool won = probe.ask("PUT", "/v1/kv/lock?acquire=" + session, "v").body == "true";
    const http_answer refused =
        probe.ask("PUT", "/v1/txn",
                  R"([{"KV":{"Verb":"lock","Key":"other","Session":")" + session + R"("}}])");
    CHECK(won == (refused.status == 200));
    if (!won) CHECK_THAT(refused.body, ContainsSubstring("due to lock delay"));
    probe.ask("PUT", "/v1/session/destroy/" + session);
    return won;
  };
  {
    agent::server_options soon = keep_alive(file);
    soon.unclean_lock_delay = 300ms;
    agent_thread agent(soon);  // no file: the last stop is unknown
    CHECK_FALSE(acquires(agent));
    http_probe(agent.address()).ask("GET", "/v1/kv/none?wait=400ms&index=999999999");
    agent.stop();
  }
  {
    agent_thread agent(keep_alive(file));
    CHECK(acquires(agent));
    http_probe probe(agent.address());
    session_on(probe);
    agent.stop();  // a normal stop, but a session is alive: its holder may still act
  }
  {
    agent_thread agent(keep_alive(file));
    CHECK_FALSE(acquires(agent));
    // A crash.
  }
  {
    agent_thread agent(keep_alive(file));
    CHECK_FALSE(acquires(agent));
    agent.stop();  // a normal stop, but the delay after the crash is not over
  }
  {
    agent_thread agent(keep_alive(file));
    CHECK_FALSE(acquires(agent));
    agent.stop();
  }
  {
    std::ofstream(file) << "tenure-agent-state 1\nindex many\n";
    agent_thread agent(keep_alive(file));
    CHECK_FALSE(acquires(agent));
    CHECK(content(file + ".bad") == "tenure-agent-state 1\nindex many\n");
  }
  agent::server_options at_once = keep_alive(file);
  at_once.unclean_lock_delay = duration::zero();
  agent_thread agent(at_once);
  CHECK(acquires(agent));
}

TEST_CASE("A stop soon after a session lost its lock is unclean: the holder may still act") {
  const scratch folder;
  const std::string file = folder.file("state");
  agent::server_options options = keep_alive(file);
  options.unclean_lock_delay = 300ms;
  const auto held_and_lost = [](agent_thread& agent) {
    http_probe probe(agent.address());
    const std::string session = session_on(probe);
    const bool won = probe.ask("PUT", "/v1/kv/lock?acquire=" + session, "v").body == "true";
    probe.ask("PUT", "/v1/session/destroy/" + session);
    return won;
  };
  const auto pass_400ms = [](agent_thread& agent) {
    http_probe(agent.address()).ask("GET", "/v1/kv/none?wait=400ms&index=9000000000000000");
  };
  {
    agent_thread agent(options);  // no file: the last stop is unknown
    pass_400ms(agent);
    REQUIRE(held_and_lost(agent));
    agent.stop();
  }
  {
    agent_thread agent(options);
    CHECK_FALSE(held_and_lost(agent));
    pass_400ms(agent);
    REQUIRE(held_and_lost(agent));
    pass_400ms(agent);
    agent.stop();  // the lease of the holder is over
  }
  agent_thread agent(options);
  CHECK(held_and_lost(agent));
}

TEST_CASE("A stop soon after a release is clean if the holder's work had ended") {
  const scratch folder;
  agent::server_options options = keep_alive(folder.file("state"));
  options.handler.start_lock_delay = 0s;
  const std::string flags = "&flags=3304740253564472344";  // those of locks
  const auto stop_after_release = [&](const std::string& query, const std::string& value) {
    std::ofstream(folder.file("state")) << "tenure-agent-state 1\nindex 1\nstop clean\n";
    agent_thread agent(options);
    http_probe probe(agent.address());
    const std::string session = session_on(probe);
    CHECK(probe.ask("PUT", "/v1/kv/lock?acquire=" + session + flags, "v").body == "true");
    CHECK(probe.ask("PUT", "/v1/kv/lock?release=" + session + query, value).body == "true");
    probe.ask("PUT", "/v1/session/destroy/" + session);
    agent.stop();
    return content(folder.file("state"));
  };
  CHECK_THAT(stop_after_release(flags, ""), ContainsSubstring("stop clean"));
  CHECK_THAT(stop_after_release("", ""), ContainsSubstring("stop unclean"));  // by hand
  CHECK_THAT(stop_after_release(flags, "v"), ContainsSubstring("stop unclean"));  // did not lead
}

TEST_CASE("A file of another program is no state file, and stays") {
  const scratch folder;
  const std::string file = folder.file("jobs.yaml");
  for (const char* text : {"election: a\n", "tenure", "\n"}) {
    std::ofstream(file) << text;
    CHECK_THROWS_AS(agent::state_file(file).load(), bad_configuration);
    CHECK(content(file) == text);
    CHECK_FALSE(fs::exists(file + ".bad"));
  }
}

TEST_CASE("The delay after an unclean stop ends") {
  agent::server_options options = each_version();
  options.handler.start_lock_delay = 300ms;
  agent_thread agent(options);
  http_probe probe(agent.address());
  const std::string session = session_on(probe);
  CHECK(probe.ask("PUT", "/v1/kv/lock?acquire=" + session).body == "false");
  probe.ask("GET", "/v1/kv/none?wait=300ms&index=999999999");
  CHECK(probe.ask("PUT", "/v1/kv/lock?acquire=" + session).body == "true");
}

TEST_CASE("The optional limit of connections per address") {
  agent::server_options options = each_version();
  const bool answers = agent::traits_of(options.handler.version).answers_excess_connection;
  options.connections_per_address = 2;
  const scratch folder;
  const std::string socket = "unix://" + folder.file("socket");
  agent_thread agent(options, socket);
  http_probe first(agent.address());
  CHECK(first.ask("GET", "/v1/status/leader").status == 200);
  {
    http_probe second(agent.address());
    CHECK(second.ask("GET", "/v1/status/leader").status == 200);
    http_probe third(agent.address());
    const std::string answer = third.receive_to_end();
    // Consul 1.8 closes the connection without a word.
    CHECK(answer.starts_with("HTTP/1.1 429 Too Many Requests\r\n") == answers);
    CHECK(answer.ends_with("Your IP is issuing too many concurrent connections, please rate limit "
                           "your calls\n") == answers);
    CHECK(answer.empty() == !answers);
    // A unix socket has no address.
    http_probe one(socket);
    http_probe two(socket);
    http_probe three(socket);
    CHECK(three.ask("GET", "/v1/status/leader").status == 200);
  }
  while (agent.connections() > 1) {
  }
  http_probe again(agent.address());
  CHECK(again.ask("GET", "/v1/status/leader").status == 200);
}

TEST_CASE("The agent replaces a dead unix socket, but not a live one") {
  const scratch folder;
  const std::string socket = "unix://" + folder.file("socket");
  {
    agent_thread crashed({}, socket);
  }
  CHECK(fs::exists(folder.file("socket")) == false);
  {
    // A crash leaves such a socket.
    boost::asio::io_context io;
    boost::asio::local::stream_protocol::acceptor left(io, folder.file("socket"));
  }
  CHECK(fs::exists(folder.file("socket")));
  agent_thread agent({}, socket);
  CHECK(http_probe(socket).ask("GET", "/v1/status/leader").status == 200);
  CHECK_THROWS_WITH(agent_thread({}, socket),
                    ContainsSubstring("cannot listen on " + socket + ": Address already in use"));
  agent.stop();
  CHECK_FALSE(fs::exists(folder.file("socket")));
}

TEST_CASE("Errors name the address that does not work") {
  agent_thread agent;
  for (const std::string& address :
       {std::string("nonsense"), std::string("127.0.0.1:99999"), std::string("127.0.0.1:http"),
        std::string("unix:///nonexistent/socket"), agent.address()}) {
    boost::asio::io_context io;
    runtime::environment services;
    services.executor = io.get_executor();
    services.timers = runtime::system_timers(io.get_executor());
    services.random = runtime::system_random();
    services.log = silent_log();
    agent::server server(services, {});
    CHECK_THROWS_WITH(server.listen(address), ContainsSubstring("cannot listen on " + address));
  }
}

TEST_CASE("Intended differences from Consul") {
  agent_thread agent(each_version());
  // Consul accepts chunked bodies of any size, and has no limit for session/create.
  const std::string megabyte(1024 * 1024, 'x');
  const std::string chunked =
      " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n100000\r\n" + megabyte +
      "\r\n0\r\n\r\n";
  for (const char* target : {"PUT /v1/kv/large", "PUT /v1/txn", "PUT /v1/session/create"}) {
    http_probe probe(agent.address());
    probe.send_raw(target + chunked);
    const http_answer answer = probe.receive();
    CHECK(answer.status == 413);
    CHECK(answer.reason == "Request Entity Too Large");
    CHECK_THAT(answer.body,
               ContainsSubstring("Request body too large, max size: 524288 bytes."));
    CHECK(answer.header("Connection") == "close");
  }
  http_probe probe(agent.address());
  CHECK(probe.ask("GET", "/v1/kv/large").status == 404);
  CHECK(probe.ask("GET", "/v1/session/list").body == "[]");
  // Consul's server crashes on a null among the operations.
  CHECK(probe.ask("PUT", "/v1/txn", "[null]").status == 200);
  // An endpoint of Consul's that the agent lacks.
  for (const char* path : {"/v1/acl/tokens", "/v1/agent/metrics", "/v1/query",
                           "/v1/operator/raft/configuration", "/v1/snapshot"}) {
    const http_answer lacking = probe.ask("GET", path);
    CHECK(lacking.status == 501);
    CHECK(lacking.header("Content-Type") == "text/plain; charset=utf-8");
    CHECK(lacking.body == "the embedded agent has no endpoint " + std::string(path));
  }
  // It takes a script as a check, as every check that it does not run.
  CHECK(probe.ask("PUT", "/v1/agent/service/register",
                  R"({"Name":"scripted","Check":{"Args":["true"],"Interval":"10s"}})")
            .status == 200);
  CHECK_THAT(probe.ask("GET", "/v1/agent/checks").body, ContainsSubstring("\"Type\":\"script\""));
  // The agent has no catalog.
  const http_answer catalog =
      probe.ask("PUT", "/v1/txn", R"([{"Node":{"Verb":"get","Node":{"Node":"x"}}}])");
  CHECK(catalog.status == 409);
  CHECK_THAT(catalog.body, ContainsSubstring("the embedded agent has no catalog"));
  // The limit of headers is 64 KiB; that of Consul is a megabyte.
  http_probe large(agent.address());
  large.send_raw("GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(70 * 1024, 'x') + "\r\n\r\n");
  CHECK(large.receive().status == 431);
  CHECK(large.receive_to_end().empty());
}

}  // namespace tenure::test
