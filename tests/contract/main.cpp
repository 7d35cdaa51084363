// Starts the server under test, runs the suite against it, and ends it.
#include <catch2/catch_session.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string_view>

#include "contract.hpp"
#include "support/agent_thread.hpp"
#include "support/consul_server.hpp"

namespace tenure::test {
namespace {

constexpr int skipped = 77;  // SKIP_RETURN_CODE of the test
constexpr int usage = 64;

std::unique_ptr<contract_server> under_test;

class real_server final : public contract_server {
 public:
  real_server() {
    const std::string version = consul_.version();
    const auto known = find_consul_version(version.substr(0, version.rfind('.')));
    if (!known) {
      throw std::runtime_error("the suite knows the answers of Consul 1.8 and 1.21, not of " +
                               version);
    }
    version_ = *known;
  }
  consul_version version() const override { return version_; }
  std::string address() const override { return consul_.address(); }
  std::string node_name() const override { return consul_.node_name(); }
  std::string advertised() const override { return consul_.advertised(); }
  bool real() const override { return true; }

 private:
  consul_server consul_;
  consul_version version_{};
};

class embedded_server final : public contract_server {
 public:
  explicit embedded_server(consul_version version)
      : version_(version), agent_(options(version)) {}
  consul_version version() const override { return version_; }
  std::string address() const override { return agent_.address(); }
  std::string node_name() const override { return "test-server"; }
  std::string advertised() const override { return "127.0.0.1:8300"; }
  bool real() const override { return false; }

 private:
  static agent::server_options options(consul_version version) {
    agent::server_options options;
    options.handler.version = version;
    options.handler.node_name = "test-server";
    return options;
  }
  consul_version version_;
  agent_thread agent_;
};

bool in_ci() {
  const char* const ci = std::getenv("CI");
  return ci != nullptr && (std::string_view(ci) == "true" || std::string_view(ci) == "1");
}

}  // namespace

contract_server& server() { return *under_test; }

}  // namespace tenure::test

int main(int argc, char** argv) {
  using namespace tenure::test;
  const char* const wanted = std::getenv("TENURE_CONTRACT_SERVER");
  const std::string_view name = wanted != nullptr ? wanted : "1.21";
  const auto embedded = tenure::find_consul_version(name);
  if (!embedded && name != "consul") {
    std::fprintf(stderr, "TENURE_CONTRACT_SERVER must be 1.8, 1.21 or consul, not '%s'\n", wanted);
    return usage;
  }
  if (name == "consul" && !consul_server::installed() && !in_ci()) {
    std::fprintf(stderr, "skipped: no `consul` on the PATH (./dev setup installs it), and none in "
                         "TENURE_CONSUL\n");
    return skipped;
  }
  try {
    if (embedded) {
      under_test = std::make_unique<embedded_server>(*embedded);
    } else {
      under_test = std::make_unique<real_server>();
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  const int result = Catch::Session().run(argc, argv);
  under_test.reset();
  return result;
}
