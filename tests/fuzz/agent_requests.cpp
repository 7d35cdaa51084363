// Requests to the embedded agent behind its HTTP parser: routes, parameters and bodies, among them
// transactions. An input is a list of requests, `METHOD TARGET` and a body after the line break,
// separated by NUL; all of them go to one agent, with a second between two.
#include <array>
#include <map>
#include <memory>
#include <string>

#include "agent/handler.hpp"
#include "runtime/random_source.hpp"
#include "target.hpp"
#include "text/utf8.hpp"

namespace {

using namespace tenure;
using namespace std::chrono_literals;
using fuzz::require;

class counting_sink final : public agent::answer_sink {
 public:
  void answered(agent::request_id id, runtime::http_response response) override {
    require(++answers[id] == 1, "a request has one response");
    require(response.status >= 200 && response.status < 600, "a status is one of HTTP");
    for (const auto& [name, value] : response.headers) {
      require(name.find_first_of(line_breaks) == name.npos, "a header's name has no line break");
      require(value.find_first_of(line_breaks) == value.npos, "a header has no line break");
    }
  }

  std::map<agent::request_id, unsigned> answers;

 private:
  static constexpr std::string_view line_breaks{"\r\n\0", 3};
};

/// As the server passes it on: the target has no spaces and no control characters.
bool is_target(std::string_view text) {
  if (!text.starts_with('/')) return false;
  for (const char c : text)
    if (static_cast<unsigned char>(c) <= ' ' || c == '\x7f') return false;
  return true;
}

void serve_requests(std::string_view input) {
  agent::handler_options options;
  constexpr std::array versions{consul_version::v1_21, consul_version::v1_8};
  options.version = versions[fuzz::take_choice(input, versions.size())];
  const std::shared_ptr<runtime::random_source> random = runtime::seeded_random(1);
  counting_sink sink;
  time_point now{1h};
  agent::handler agent(options, *random, sink, now);
  agent::request_id id = 0;
  while (!input.empty()) {
    const std::string_view one = input.substr(0, input.find('\0'));
    input.remove_prefix(std::min(one.size() + 1, input.size()));
    const std::string_view line = one.substr(0, one.find('\n'));
    const std::size_t space = std::min(line.find(' '), line.size());
    const std::string_view target = line.substr(std::min(space + 1, line.size()));
    if (space == 0 || !is_target(target)) continue;
    agent.handle(runtime::http_request(std::string(line.substr(0, space)), std::string(target),
                                       std::string(one.substr(std::min(line.size() + 1,
                                                                       one.size())))),
                 now, ++id);
    now += 1s;
    agent.tick(now);
  }
  // Those that wait, wait at most ten minutes and a sixteenth.
  agent.tick(now + 11min);
  require(sink.answers.size() == id, "every request has a response");
}

const fuzz::target it("agent_requests", serve_requests);

}  // namespace
