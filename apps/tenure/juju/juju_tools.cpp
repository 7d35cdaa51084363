#include "tenure/juju/juju_tools.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <optional>
#include <sstream>
#include <tenure/key_error.hpp>
#include <tenure/toolkit/ascii.hpp>
#include <tenure/toolkit/utf8.hpp>

#include "common/control_socket.hpp"
#include "common/log/line_writer.hpp"
#include "common/options.hpp"
#include "common/utf8_text.hpp"
#include "tenure/juju/leadership.hpp"
#include "tenure/juju/output_format.hpp"

namespace tenure::apps {
namespace {

namespace asio = boost::asio;

constexpr int exit_failed = 1;
constexpr int exit_bad_usage = 2;

constexpr const char* source_help =
    R"(The answer comes from the sidecar whose socket TENURE_SOCKET or --socket names
(hooks and commands of a sidecar inherit TENURE_SOCKET). In the command of
`tenure run` or `tenure lock`, where TENURE_KEY and TENURE_SESSION are set, it comes
from Consul itself. Otherwise it comes from the sidecar at its default socket.
)";
constexpr const char* is_leader_help =
    R"help(True promises that this unit still leads in 30 s (--guarantee changes that); an exit
code other than 0 promises nothing. Before the answer is False, Consul is asked again.
If the span is too short for the promise, the command fails and shows the arithmetic.

  [ "$(is-leader)" = True ] && ./leader-only)help";
constexpr const char* leader_set_help =
    R"(Stores all of the settings at once, or none of them; an empty value removes a
setting. Only the leader can write: Consul itself rejects the write of any other
unit. When it returns 0, the settings are stored and every follower will see them.

  leader-set host=db-1 port=5432 old=)";
constexpr const char* leader_get_help =
    R"help(Prints all settings, or the value of one; nothing if it does not exist (json: null).
Within a hook it prints the settings as they were when the hook started, and what the
hook itself has set since.

  psql -h "$(leader-get host)")help";

class bad_usage : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

struct juju_options {
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

output_format format_of(const juju_options& o) {
  if (o.format == "smart") return output_format::smart;
  if (o.format == "yaml") return output_format::yaml;
  if (o.format == "json") return output_format::json;
  throw bad_usage("invalid value \"" + o.format + "\" for option --format: unknown format \"" +
                  o.format + "\"");
}

// -- the tools -----------------------------------------------------------------------------------

using answer = asio::awaitable<std::string>;

// The sidecar logs the errors of a hook: they name settings and show none.
leader_settings::changes changes_in(const std::vector<std::string>& words) {
  leader_settings::changes changes;
  std::size_t position = 0;
  for (const std::string& word : words) {
    ++position;
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos || equals == 0)
      throw bad_usage("expected \"key=value\" as setting " + std::to_string(position) +
                      (equals == 0 ? ", got no key" : ", got no \"=\""));
    std::string name = word.substr(0, equals);
    std::string value = word.substr(equals + 1);
    require_utf8("the name \"" + name + "\"", name);
    if (!text::is_utf8(value))
      throw bad_usage("the value of \"" + name + "\" is not UTF-8 (it is not shown); encode other "
                      "bytes, for example as base64");
    changes[std::move(name)] = std::move(value);
  }
  return changes;
}

answer is_leader(leadership& source, const juju_options& o) {
  const bool leader = co_await source.is_leader(o.guarantee);
  co_return format_bool(leader, format_of(o));
}

answer leader_set(leadership& source, const juju_options& o) {
  leader_settings::changes changes = changes_in(o.words);
  if (changes.empty()) co_return "";
  try {
    co_await source.set(std::move(changes));
  } catch (const tool_error& e) {
    const bool refused = std::string(e.what()) == not_the_leader;
    throw tool_error("cannot write leadership settings: " +
                     std::string(refused ? "cannot write settings: " : "") + e.what());
  }
  co_return "";
}

answer leader_get(leadership& source, const juju_options& o) {
  const std::string key = o.words.empty() || o.words.front() == "-" ? "" : o.words.front();
  settings_snapshot all;
  try {
    settings_snapshot now = co_await source.get();
    all = std::move(now);
  } catch (const tool_error& e) {
    throw tool_error(std::string("cannot read leadership settings: ") + e.what());
  }
  if (key.empty()) co_return format_settings(all.values, format_of(o));
  const std::string* const value = all.find(key);
  const auto found = value != nullptr ? std::optional<std::string>(*value) : std::nullopt;
  co_return format_value(found, format_of(o));
}

void check_format(const juju_options& o) { format_of(o); }

void check_changes(const juju_options& o) {
  format_of(o);
  changes_in(o.words);
}

void check_key(const juju_options& o) {
  format_of(o);
  if (o.words.size() > 1) throw bad_usage("unrecognized args: [\"" + o.words[1] + "\"]");
  if (!o.words.empty()) require_utf8("the key \"" + o.words.front() + "\"", o.words.front());
  if (!o.words.empty() && o.words.front().find('=') != std::string::npos)
    throw bad_usage("invalid key \"" + o.words.front() + "\"");
}

struct juju_tool {
  const char* name;
  const char* about;
  const char* help;
  void (*check)(const juju_options&);  ///< throws bad_usage, before any request is sent
  answer (*run)(leadership&, const juju_options&);
};

constexpr juju_tool tools[] = {
    {"is-leader", "Print whether this unit leads, and will for 30 s more", is_leader_help,
     check_format, is_leader},
    {"leader-set", "Write the leader's settings", leader_set_help, check_changes, leader_set},
    {"leader-get", "Print the leader's settings", leader_get_help, check_key, leader_get},
};

const juju_tool* find_tool(const std::string& name) {
  for (const juju_tool& tool : tools) {
    if (name == tool.name) return &tool;
  }
  return nullptr;
}

// -- the command line ----------------------------------------------------------------------------

void add_options(CLI::App& app, const juju_tool& tool, juju_options& o) {
  const std::string name = tool.name;
  if (name != "leader-set") {
    app.add_option("--format", o.format, "smart, yaml or json")
        ->type_name("FORMAT")
        ->capture_default_str();
    app.add_option("-o,--output", o.output, "write to this file")->type_name("FILE");
  }
  if (name == "is-leader") {
    add_duration(app, "--guarantee", o.guarantee, "how long True must hold (default: 30s)");
  } else if (name == "leader-set") {
    app.add_option("SETTING", o.words, "KEY=VALUE; an empty value removes the setting");
  } else {
    app.add_option("KEY", o.words, "the setting (default: -, all settings)");
  }
  const auto source_option = [&](const char* option, std::string& value, const char* type,
                                 const char* help) {
    app.add_option(option, value, help)->type_name(type)->group("Source");
  };
  source_option("--socket", o.socket, "PATH", "the sidecar's control socket [TENURE_SOCKET]");
  source_option("--election", o.election, "NAME",
                "the name of the election in the sidecar [TENURE_ELECTION]");
  source_option("--key", o.key, "KEY", "without a sidecar: the election's key [TENURE_KEY]");
  source_option("--session", o.session, "ID",
                "without a sidecar: the session of this leader [TENURE_SESSION]");
  source_option("--settings", o.settings, "KEY",
                "without a sidecar: the key of the settings [TENURE_SETTINGS] (KEY.settings)");
  app.footer(std::string(tool.help) + "\n\n" + source_help +
             "Exit codes: 0 success, 1 failure, 2 bad usage; errors as \"ERROR ...\".");
}

bool is_socket(const std::string& path) {
  struct stat found = {};
  return ::stat(path.c_str(), &found) == 0 && S_ISSOCK(found.st_mode);
}

std::unique_ptr<leadership> make_source(asio::io_context& io, const juju_options& o) {
  const bool sidecar_named = !o.socket.empty() || !variable("TENURE_SOCKET").empty();
  const bool no_sidecar = !is_socket(default_control_socket());
  if (!sidecar_named && !o.key.empty() && (!o.session.empty() || no_sidecar)) {
    election_keys keys;
    keys.key = o.key;
    keys.settings = o.settings.empty() ? leader_settings::key_for(o.key) : o.settings;
    keys.session = o.session;
    for (const std::string& key : {keys.key, keys.settings}) {
      if (const std::string why = key_error(key); !why.empty()) throw bad_usage(why);
    }
    return leadership_by_consul(io.get_executor(), consul_config::from_environment(),
                                std::move(keys));
  }
  sidecar_address address;
  address.socket = o.socket.empty() ? default_control_socket() : o.socket;
  address.election = o.election;
  // The snapshot of a hook is that of the election that runs the hook.
  if (o.election == variable("TENURE_ELECTION")) address.snapshot = variable("TENURE_SNAPSHOT");
  return leadership_by_sidecar(io.get_executor(), std::move(address));
}

void print(const std::string& text, const std::string& file) {
  std::FILE* const out = file.empty() ? stdout : std::fopen(file.c_str(), "wbe");
  if (out == nullptr) throw tool_error("cannot write '" + file + "'");
  // A value that another client has set may contain a NUL.
  const bool good = std::fwrite(text.data(), 1, text.size(), out) == text.size() &&
                    std::fflush(out) == 0;
  if (!file.empty()) std::fclose(out);
  if (!good) throw tool_error("cannot write " + (file.empty() ? "the output" : "'" + file + "'"));
}

// Of the options only the environment has not been checked yet.
void check_environment(const juju_options& o) {
  require_utf8("TENURE_ELECTION:", o.election);
  require_utf8("TENURE_KEY:", o.key);
  require_utf8("TENURE_SESSION:", o.session);
  require_utf8("TENURE_SETTINGS:", o.settings);
  const std::string snapshot = variable("TENURE_SNAPSHOT");
  if (!std::ranges::all_of(snapshot, text::is_digit))
    throw bad_usage("TENURE_SNAPSHOT: '" + snapshot +
                    "' is not the number of a snapshot: unset it");
}

int run_tool(const juju_tool& tool, const juju_options& o) {
  tool.check(o);
  check_environment(o);
  asio::io_context io{1};
  const std::unique_ptr<leadership> source = make_source(io, o);
  std::exception_ptr failure;
  std::string text;
  asio::co_spawn(io, tool.run(*source, o), [&](std::exception_ptr error, std::string result) {
    failure = std::move(error);
    text = std::move(result);
    io.stop();  // the connection may stay open
  });
  io.run();
  if (failure) std::rethrow_exception(failure);
  print(text, o.output);
  return exit_ok;
}

int fail(int code, const std::string& text) {
  print_error("ERROR %s\n", text.c_str());
  return code;
}

// The words of leader-set may be secrets.
std::string unexpected(const juju_tool& tool, const std::vector<std::string>& words) {
  std::string text = std::string("there is no such option of ") + tool.name + ":";
  const bool has_values = tool.run == leader_set;
  for (const std::string& word : words) {
    const std::size_t equals = word.find('=');
    if (!has_values) text += ' ' + word;
    else if (equals != word.npos) text += ' ' + word.substr(0, equals) + "=(hidden)";
    else text += " (hidden)";
  }
  return text + (has_values ? "; write a setting whose name begins with - after --" : "");
}

int show_help(const CLI::App& app, const CLI::ParseError& asked) {
  std::ostringstream text;
  app.exit(asked, text, text);
  try {
    print(text.str(), "");
    return exit_ok;
  } catch (const tool_error& e) {
    return fail(exit_failed, e.what());
  }
}

}  // namespace

bool is_juju_tool(const std::string& name) { return find_tool(name) != nullptr; }

int run_juju_tool(const std::string& name, const std::vector<std::string>& words) {
  const juju_tool& tool = *find_tool(name);
  juju_options o;
  CLI::App app(tool.about, name);
  add_options(app, tool, o);
  std::vector<const char*> line{name.c_str()};
  for (const std::string& word : words) line.push_back(word.c_str());
  try {
    app.parse(static_cast<int>(line.size()), line.data());
    require_utf8_options(app);
    return run_tool(tool, o);
  } catch (const CLI::ExtrasError&) {
    return fail(exit_bad_usage, unexpected(tool, app.remaining()));
  } catch (const CLI::ParseError& e) {
    if (e.get_exit_code() != static_cast<int>(CLI::ExitCodes::Success))
      return fail(exit_bad_usage, e.what());
    return show_help(app, e);
  } catch (const bad_usage& e) {
    return fail(exit_bad_usage, e.what());
  } catch (const usage_error& e) {
    return fail(exit_bad_usage, e.what());
  } catch (const std::exception& e) {
    return fail(exit_failed, e.what());
  }
}

void add_juju_tools(CLI::App& app) {
  for (const juju_tool& tool : tools) {
    auto o = std::make_shared<juju_options>();
    CLI::App* command = app.add_subcommand(tool.name, tool.about);
    add_options(*command, tool, *o);
    command->callback([o] {});  // keeps the options alive
  }
}

}  // namespace tenure::apps
