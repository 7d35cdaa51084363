// A server of HTTP under virtual time, and a client that sends it the bytes of the fuzzer.
#pragma once

#include <string>

#include "raw_socket.hpp"
#include "testing/manual_runtime.hpp"

namespace tenure::fuzz {

inline std::string socket_path() { return own_folder() + "/server"; }
inline std::string socket_address() { return "unix://" + socket_path(); }

/// Sends `bytes` and nothing after them, and returns all that the server answers until it closes.
/// Ends the process if it does not close within an hour of virtual time.
inline std::string ask_server(testing::manual_runtime& runtime, std::string_view bytes) {
  raw_socket client = raw_socket::connected(socket_path());
  const time_point limit = runtime.now() + std::chrono::hours(1);
  std::string answer;
  bool ended = false;
  for (;;) {
    client.send(bytes);
    if (bytes.empty() && !ended) {
      client.end();
      ended = true;
    }
    const std::size_t before = answer.size() + bytes.size();
    runtime.io().restart();
    runtime.run_until_idle();
    if (!client.receive(answer)) return answer;
    if (answer.size() + bytes.size() != before) continue;
    require(runtime.now() < limit && runtime.step(), "the server closes the connection");
  }
}

/// Sends the bytes, checks the form of the answer, and that the server serves the next client.
inline void check_server(testing::manual_runtime& runtime, std::string_view bytes,
                         std::string_view next_target) {
  const std::string answer = ask_server(runtime, bytes);
  require(answer.empty() || answer.starts_with("HTTP/1."), "an answer is one of HTTP");
  const std::string next = ask_server(
      runtime, "GET " + std::string(next_target) + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  require(next.starts_with("HTTP/1.1 200 "), "the server serves the next request");
}

}  // namespace tenure::fuzz
