// The embedded agent through its socket: any bytes that a client sends.
#include "agent/server.hpp"
#include "http_stage.hpp"
#include "target.hpp"

namespace {

using namespace tenure;

void serve_bytes(std::string_view input) {
  testing::manual_runtime runtime;
  agent::server server(*runtime.environment(), agent::server_options());
  server.listen(fuzz::socket_address());
  fuzz::check_server(runtime, input, "/v1/status/leader");
}

const fuzz::target it("agent_http", serve_bytes);

}  // namespace
