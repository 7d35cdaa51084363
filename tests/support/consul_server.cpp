#include "support/consul_server.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <set>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "support/http_probe.hpp"

namespace tenure::test {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr int starts = 5;  // another process may take a port before Consul does
constexpr auto start_time = 30s;
constexpr auto stop_time = 3s;
constexpr auto step = 20ms;

std::string program() {
  if (const char* const named = std::getenv("TENURE_CONSUL"); named != nullptr && *named != 0) {
    return ::access(named, X_OK) == 0 ? named : std::string();
  }
  const char* const path = std::getenv("PATH");
  std::istringstream folders(path != nullptr ? path : "");
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::string candidate = folder + "/consul";
    if (!folder.empty() && ::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return {};
}

/// The answer of `consul version`: "Consul v1.8.7".
std::string version_of(const std::string& consul) {
  std::FILE* const pipe = ::popen(("'" + consul + "' version").c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot run " + consul);
  std::array<char, 256> line{};
  const bool read = std::fgets(line.data(), line.size(), pipe) != nullptr;
  ::pclose(pipe);
  constexpr std::string_view start = "Consul v";
  const std::string_view text = read ? line.data() : "";
  if (!text.starts_with(start)) throw std::runtime_error(consul + " names no version");
  return std::string(text.substr(start.size(), text.find_first_of("+-\r\n ", start.size()) -
                                                   start.size()));
}

/// Consul has a second gRPC port since 1.14, and refuses to start without knowing that it is off.
bool has_grpc_tls(const std::string& version) {
  const std::size_t dot = version.find('.');
  return dot != version.npos &&
         (std::stoi(version) > 1 || std::stoi(version.substr(dot + 1)) >= 14);
}

bool port_is_free(std::uint16_t port, int type) {
  const int fd = ::socket(AF_INET, type | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool is_free = ::bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0;
  ::close(fd);
  return is_free;
}

/// Below the range of outgoing connections.
std::array<std::uint16_t, 4> free_ports() {
  std::random_device random;
  std::uniform_int_distribution<int> ports(11000, 31000);
  std::array<std::uint16_t, 4> found{};
  std::set<std::uint16_t> taken;
  for (auto& port : found) {
    do {
      port = static_cast<std::uint16_t>(ports(random));
    } while (!port_is_free(port, SOCK_STREAM) || !port_is_free(port, SOCK_DGRAM) ||
             !taken.insert(port).second);
  }
  return found;
}

}  // namespace

bool consul_server::installed() { return !program().empty(); }

consul_server::consul_server(consul_server_options options) {
  if (!installed()) {
    throw std::runtime_error("no `consul` on the PATH: ./dev setup installs it");
  }
  version_ = version_of(program());
  std::string pattern = fs::temp_directory_path() / "tenure-consul-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  folder_ = pattern;
  for (int i = 0; i < starts; ++i) {
    if (start(options)) return;
    stop();
  }
  const std::string log = log_end();
  fs::remove_all(folder_);
  throw std::runtime_error("consul does not start: " + log);
}

consul_server::~consul_server() {
  stop();
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

bool consul_server::start(const consul_server_options& options) {
  const auto [http, server, lan, wan] = free_ports();
  address_ = "127.0.0.1:" + std::to_string(http);
  advertised_ = "127.0.0.1:" + std::to_string(server);
  const fs::path data = folder_ / "data";
  fs::remove_all(data);
  std::ofstream(folder_ / "config.json")
      << R"({"server": true, "bootstrap_expect": 1, "log_level": "warn", "node_name": ")"
      << node_name_ << R"(", "bind_addr": "127.0.0.1", "client_addr": "127.0.0.1",)"
      << R"( "disable_update_check": true, "performance": {"raft_multiplier": 1},)"
      << R"( "leave_on_terminate": )" << (options.leave_on_terminate ? "true" : "false")
      << R"(, "limits": {"http_max_conns_per_client": )" << options.http_max_conns_per_client
      << R"(}, "ports": {"dns": -1, "grpc": -1, )"
      << (has_grpc_tls(version_) ? R"("grpc_tls": -1, )" : "") << R"("http": )" << http
      << R"(, "server": )" << server
      << R"(, "serf_lan": )" << lan << R"(, "serf_wan": )" << wan << "}}";

  const std::string path = program();
  const std::string config = "-config-file=" + (folder_ / "config.json").string();
  const std::string data_option = "-data-dir=" + data.string();
  const std::string log = folder_ / "log";
  const std::array<const char*, 5> argv{"consul", "agent", config.c_str(), data_option.c_str(),
                                        nullptr};
  const ::pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("cannot fork");
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);  // the parent died before the prctl
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, S_IRUSR | S_IWUSR);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(out, STDERR_FILENO);
    ::execv(path.c_str(), const_cast<char* const*>(argv.data()));
    ::_exit(127);
  }
  return wait_until_ready();
}

bool consul_server::wait_until_ready() {
  const auto give_up = std::chrono::steady_clock::now() + start_time;
  while (std::chrono::steady_clock::now() < give_up && !exited()) {
    try {
      http_probe probe(address_);
      if (probe.ask("GET", "/v1/status/leader").body == "\"" + advertised_ + "\"" &&
          probe.ask("PUT", "/v1/kv/ready", "x").status == 200 &&
          probe.ask("DELETE", "/v1/kv/ready").status == 200) {
        // Sessions need the node's own health check, which appears shortly after the election.
        const auto made = probe.ask("PUT", "/v1/session/create", "{}");
        if (made.status == 200) {
          probe.ask("PUT", "/v1/session/destroy/" + made.body.substr(7, 36));
          return true;
        }
      }
    } catch (const std::runtime_error&) {
      // not yet
    }
    std::this_thread::sleep_for(step);
  }
  return false;
}

bool consul_server::exited() {
  if (pid_ <= 0) return true;
  if (::waitpid(pid_, nullptr, WNOHANG) == 0) return false;
  pid_ = -1;
  return true;
}

void consul_server::stop() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGTERM);
  const auto give_up = std::chrono::steady_clock::now() + stop_time;
  while (std::chrono::steady_clock::now() < give_up) {
    if (exited()) return;
    std::this_thread::sleep_for(step);
  }
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

std::string consul_server::log_end() const {
  std::ifstream in(folder_ / "log");
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  constexpr std::size_t most = 2000;
  return text.size() > most ? text.substr(text.size() - most) : text;
}

}  // namespace tenure::test
