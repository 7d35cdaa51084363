#include "tenure/juju_tools.hpp"

#include <sys/stat.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <optional>

#include "common/control_socket.hpp"
#include "common/options.hpp"
#include "tenure/juju_format.hpp"
#include "tenure/leadership.hpp"

namespace tenure::apps {
namespace {

namespace asio = boost::asio;

constexpr int exit_failed = 1;
constexpr int exit_bad_usage = 2;

constexpr const char* whom_help =
    R"(Asked is the sidecar whose socket TENURE_SOCKET or --socket names (hooks and commands of
a sidecar find it there); in the command of `tenure run` or `tenure lock`, where
TENURE_KEY and TENURE_SESSION say who leads, Consul itself; else the sidecar at its
usual place.
)";
constexpr const char* is_leader_help =
    R"help(True promises that this holds for 30 s more (--guarantee says how long); an exit
code that is not 0 promises nothing. Before it says False, Consul is asked anew.
A span that cannot give the promise is refused, with the sum.

  [ "$(is-leader)" = True ] && ./leader-only)help";
constexpr const char* leader_set_help =
    R"(All of the settings are stored at once, or none of them; an empty value removes
one. Only the leader may: Consul itself refuses everybody else. When it returns 0
they are stored, and everybody who follows the settings is told.

  leader-set host=db-1 port=5432 old=)";
constexpr const char* leader_get_help =
    R"help(All settings, or the value of one; nothing for one that is not there (json: null).
Within a hook they are those of the moment at which the hook was started.

  psql -h "$(leader-get host)")help";

class usage : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

class juju_options {
 public:
  std::string format = "smart";
  std::string output;
  std::string socket;
  std::string election = variable("TENURE_ELECTION");
  std::string key = variable("TENURE_KEY");
  std::string session = variable("TENURE_SESSION");
  std::string settings = variable("TENURE_SETTINGS");
  std::optional<duration> guarantee;
  std::vector<std::string> words;
};

void add_options(CLI::App& app, const std::string& name, juju_options& o) {
  if (name != "leader-set") {
    app.add_option("--format", o.format, "smart, yaml or json")
        ->type_name("FORMAT")
        ->capture_default_str();
    app.add_option("-o,--output", o.output, "write to this file")->type_name("FILE");
  }
  if (name == "is-leader") {
    add_duration(app, "--guarantee", o.guarantee, "how long true has to hold (default: 30s)",
                 nullptr);
  } else if (name == "leader-set") {
    app.add_option("KEY=VALUE", o.words, "the settings");
  } else {
    app.add_option("KEY", o.words, "the setting; - or none: all of them");
  }
  app.add_option("--socket", o.socket, "the sidecar's control socket [TENURE_SOCKET]")
      ->type_name("PATH")
      ->group("Whom to ask");
  app.add_option("--election", o.election, "its name in the sidecar [TENURE_ELECTION]")
      ->type_name("NAME")
      ->group("Whom to ask");
  app.add_option("--key", o.key, "without a sidecar: the election's key [TENURE_KEY]")
      ->type_name("KEY")
      ->group("Whom to ask");
  app.add_option("--session", o.session,
                 "without a sidecar: the session that we lead by [TENURE_SESSION]")
      ->type_name("ID")
      ->group("Whom to ask");
  app.add_option("--settings", o.settings,
                 "without a sidecar: the key of the settings [TENURE_SETTINGS] (KEY.settings)")
      ->type_name("KEY")
      ->group("Whom to ask");
  const char* own = name == "is-leader"    ? is_leader_help
                    : name == "leader-set" ? leader_set_help
                                           : leader_get_help;
  app.footer(std::string(own) + "\n\n" + whom_help +
             "Exit codes: 0 fine, 1 it failed, 2 usage; errors as \"ERROR ...\".");
}

const char* about(const std::string& name) {
  if (name == "is-leader") return "Print whether this unit leads, and will for 30 s more";
  return name == "leader-set" ? "Write the leader's settings" : "Print the leader's settings";
}

output_format format_of(const juju_options& o) {
  if (o.format == "smart") return output_format::smart;
  if (o.format == "yaml") return output_format::yaml;
  if (o.format == "json") return output_format::json;
  throw usage("invalid value \"" + o.format + "\" for option --format: unknown format \"" +
              o.format + "\"");
}

bool is_socket(const std::string& path) {
  struct stat found = {};
  return ::stat(path.c_str(), &found) == 0 && S_ISSOCK(found.st_mode);
}

std::unique_ptr<leadership> whom(asio::io_context& io, const juju_options& o) {
  const bool named = !o.socket.empty() || !variable("TENURE_SOCKET").empty();
  const bool alone = !is_socket(default_control_socket());
  const bool direct = !o.key.empty() && (!o.session.empty() || alone);
  if (!named && direct) {
    const std::string bucket = o.settings.empty() ? leader_settings::key_for(o.key) : o.settings;
    return by_consul(io.get_executor(), consul_config::from_environment(), o.key, o.session,
                     bucket);
  }
  return by_sidecar(io.get_executor(), o.socket.empty() ? default_control_socket() : o.socket,
                    o.election, variable("TENURE_SNAPSHOT"));
}

leader_settings::changes group_of(const std::vector<std::string>& words) {
  leader_settings::changes group;
  for (const std::string& word : words) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos || equals == 0)
      throw usage("expected \"key=value\", got \"" + word + "\"");
    group[word.substr(0, equals)] = word.substr(equals + 1);
  }
  return group;
}

asio::awaitable<std::string> is_leader(leadership& who, juju_options o) {
  const bool leader = co_await who.is_leader(o.guarantee);
  co_return format_truth(leader, format_of(o));
}

asio::awaitable<std::string> leader_set(leadership& who, juju_options o) {
  leader_settings::changes group = group_of(o.words);
  if (group.empty()) co_return "";
  try {
    co_await who.set(std::move(group));
  } catch (const tool_error& e) {
    const bool refused = std::string(e.what()) == not_the_leader;
    throw tool_error("cannot write leadership settings: " +
                     std::string(refused ? "cannot write settings: " : "") + e.what());
  }
  co_return "";
}

asio::awaitable<std::string> leader_get(leadership& who, juju_options o) {
  const std::string key = o.words.empty() || o.words.front() == "-" ? "" : o.words.front();
  settings_snapshot all;
  try {
    settings_snapshot now = co_await who.get();
    all = std::move(now);
  } catch (const tool_error& e) {
    throw tool_error(std::string("cannot read leadership settings: ") + e.what());
  }
  if (key.empty()) co_return format_settings(all.values, format_of(o));
  const std::string* const value = all.find(key);
  const auto found = value != nullptr ? std::optional<std::string>(*value) : std::nullopt;
  co_return format_value(found, format_of(o));
}

// What is wrong with the words is told before anybody is asked.
void check(const std::string& name, const juju_options& o) {
  format_of(o);
  if (name == "leader-set") group_of(o.words);
  if (name != "leader-get") return;
  if (o.words.size() > 1) throw usage("unrecognized args: [\"" + o.words[1] + "\"]");
  if (!o.words.empty() && o.words.front().find('=') != std::string::npos)
    throw usage("invalid key \"" + o.words.front() + "\"");
}

void print(const std::string& text, const std::string& file) {
  std::FILE* const out = file.empty() ? stdout : std::fopen(file.c_str(), "wbe");
  if (out == nullptr) throw tool_error("cannot write '" + file + "'");
  const bool good = std::fputs(text.c_str(), out) >= 0 && std::fflush(out) == 0;
  if (!file.empty()) std::fclose(out);
  if (!good) throw tool_error("cannot write " + (file.empty() ? "the output" : "'" + file + "'"));
}

int ask(const std::string& name, const juju_options& o) {
  asio::io_context io{1};
  const std::unique_ptr<leadership> who = whom(io, o);
  auto question = name == "is-leader"    ? is_leader(*who, o)
                  : name == "leader-set" ? leader_set(*who, o)
                                         : leader_get(*who, o);
  std::exception_ptr failed;
  std::string text;
  asio::co_spawn(io, std::move(question), [&](std::exception_ptr error, std::string answer) {
    failed = std::move(error);
    text = std::move(answer);
    io.stop();  // nothing else is wanted of it
  });
  io.run();
  if (failed) std::rethrow_exception(failed);
  print(text, o.output);
  return exit_ok;
}

int fail(int code, std::string text) {
  text = text.substr(0, text.find('\n'));
  std::fprintf(stderr, "ERROR %s\n", text.c_str());
  return code;
}

}  // namespace

bool is_juju_tool(const std::string& name) {
  return name == "is-leader" || name == "leader-set" || name == "leader-get";
}

int run_juju_tool(const std::string& name, const std::vector<std::string>& words) {
  juju_options o;
  CLI::App app(about(name), name);
  add_options(app, name, o);
  std::vector<const char*> line{name.c_str()};
  for (const std::string& word : words) line.push_back(word.c_str());
  try {
    app.parse(static_cast<int>(line.size()), line.data());
    check(name, o);
    return ask(name, o);
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) return app.exit(e);
    return fail(exit_bad_usage, e.what());
  } catch (const usage& e) {
    return fail(exit_bad_usage, e.what());
  } catch (const usage_error& e) {
    return fail(exit_bad_usage, e.what());
  } catch (const std::exception& e) {
    return fail(exit_failed, e.what());
  }
}

void add_juju_tools(CLI::App& app) {
  for (const char* name : {"is-leader", "leader-set", "leader-get"}) {
    auto o = std::make_shared<juju_options>();
    CLI::App* tool = app.add_subcommand(name, about(name));
    add_options(*tool, name, *o);
    tool->callback([o] {});
  }
}

}  // namespace tenure::apps
