// The YAML file of a sidecar.
#include "sidecar/config.hpp"

#include <limits.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <stdexcept>
#include <string_view>

#include "common/options.hpp"
#include "sidecar/promise.hpp"
#include "text/ascii.hpp"

namespace tenure::sidecar {
namespace {

constexpr std::size_t longest_name = 100;

bool is_name_character(char c) {
  return text::is_letter_or_digit(c) || c == '-' || c == '_' || c == '.';
}

/// How an election is stood in: keys of an election, or of `defaults`.
class stance {
 public:
  void read(const yaml_block& block) {
    const auto set = [&](std::optional<duration>& value, const char* key) {
      if (const auto read = block.time(key)) value = read;
    };
    if (const auto text = block.text("value")) value_ = *text;
    set(span_, "span");
    set(ttl_, "ttl");
    set(lock_delay_, "lock_delay");
    set(stop_budget_, "stop_budget");
    set(guarantee, "guarantee");
  }
  /// `promising`: somebody will be told for how long we lead, at least.
  candidacy made(bool promising) const {
    candidacy how(value_);
    std::optional<duration> ahead = guarantee;
    if (promising && !ahead) ahead = usual_guarantee;
    // A span that nobody chose is chosen so that what is to be promised can be.
    if (!span_ && ahead) how.span(span_for(*ahead, how));
    if (span_) how.span(*span_);
    if (ttl_) how.ttl(*ttl_);
    if (lock_delay_) how.lock_delay(*lock_delay_);
    if (stop_budget_) how.stop_budget(*stop_budget_);
    return how;
  }
  std::optional<duration> guarantee;

 private:
  std::string value_ = host_name();
  std::optional<duration> span_;
  std::optional<duration> ttl_;
  std::optional<duration> lock_delay_;
  std::optional<duration> stop_budget_;
};

class reader {
 public:
  reader(const consul_config& consul, mistakes& into) : config_(consul), mistakes_(into) {}
  config read(const std::string& text);

 private:
  void read_document(const YAML::Node& top);
  void read_consul(const YAML::Node& node);
  void read_log(const YAML::Node& node);
  void read_defaults(const YAML::Node& node);
  void read_election(const YAML::Node& node);
  void check(const YAML::Node& node, const election_terms& terms);
  void check_http(const YAML::Node& node);

  config config_;
  mistakes& mistakes_;
  stance defaults_;
  bool control_ = false;  // who leads can be asked
  std::map<std::string, int> names_;  // and the line of each
  std::map<std::string, int> keys_;
};

config reader::read(const std::string& text) {
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(text);
    if (documents.empty() || documents[0].IsNull()) {
      mistakes_.add(1, "the file is empty: it needs elections:");
    } else if (documents.size() > 1) {
      mistakes_.add(documents[1], "a second document: a file is one sidecar");
    } else {
      read_document(documents[0]);
    }
  } catch (const YAML::Exception& e) {
    mistakes_.add(std::max(e.mark.line, 0) + 1, "not YAML: " + e.msg);
  }
  return std::move(config_);
}

void reader::read_document(const YAML::Node& top) {
  std::vector<const char*> known{"elections", "defaults", "consul", "http", "log", "liveness"};
  for (const part_kind& kind : part_kinds()) known.push_back(kind.key);
  const yaml_block block(top, "the file", mistakes_, known);
  block.require("elections", "the list of elections to stand in");

  if (const auto node = block.node("consul")) read_consul(*node);
  if (const auto node = block.node("log")) read_log(*node);
  if (const auto node = block.node("defaults")) read_defaults(*node);
  config_.liveness = block.time("liveness");
  if (const std::string why = wrong_liveness(config_.liveness); !why.empty())
    block.wrong("liveness", why);
  if (const auto node = block.node("http")) config_.http = read_http(*node, mistakes_);
  for (const part_kind& kind : part_kinds()) {
    if (const auto node = block.node(kind.key)) {
      config_.parts.push_back(kind.read(*node, mistakes_));
      control_ = control_ || kind.key == std::string_view("control");
    }
  }
  const auto elections = block.node("elections");
  if (!elections) return;
  if (!elections->IsSequence() || elections->size() == 0) {
    return block.wrong("elections", "is not a list of elections");
  }
  for (const YAML::Node& node : *elections) read_election(node);
  if (const auto node = block.node("http")) check_http(*node);
}

void reader::read_consul(const YAML::Node& node) {
  const yaml_block block(node, "consul", mistakes_,
                         {"address", "token_file", "datacenter", "connections", "sessions"});
  if (const auto address = block.text("address")) {
    try {
      config_.consul.set_address(*address);
    } catch (const bad_configuration& e) {
      block.wrong("address", e.what());
    }
  }
  if (const auto file = block.text("token_file")) {
    try {
      std::string token = apps::read_file(*file);
      token.erase(token.find_last_not_of(" \t\r\n") + 1);
      config_.consul.token = token;
      if (token.empty()) block.wrong("token_file", "'" + *file + "' is empty");
    } catch (const apps::usage_error& e) {
      block.wrong("token_file", e.what());
    }
  }
  if (const auto name = block.text("datacenter")) config_.consul.datacenter = *name;
  if (const auto n = block.number("connections", 3, 10'000)) config_.consul.connections = *n;
  if (const auto n = block.number("sessions", 1, 1'000)) config_.sessions = *n;
}

void reader::read_log(const YAML::Node& node) {
  const yaml_block block(node, "log", mistakes_, {"level", "format"});
  if (const auto level = block.text("level")) {
    try {
      config_.level = parse_log_level(*level);
    } catch (const std::invalid_argument& e) {
      block.wrong("level", e.what());
    }
  }
  if (const auto format = block.text("format")) {
    config_.json_log = *format == "json";
    if (*format != "json" && *format != "text")
      block.wrong("format", "'" + *format + "' is neither text nor json");
  }
}

void reader::read_defaults(const YAML::Node& node) {
  const yaml_block block(node, "defaults", mistakes_,
                         {"value", "span", "ttl", "lock_delay", "stop_budget", "guarantee"});
  defaults_.read(block);
}

void reader::read_election(const YAML::Node& node) {
  std::vector<const char*> known{"name", "key", "value", "span", "ttl", "lock_delay",
                                 "stop_budget", "guarantee"};
  for (const face_kind& kind : face_kinds()) known.push_back(kind.key);
  std::string name;
  const YAML::Node named = node.IsMap() ? node["name"] : YAML::Node();
  if (named && named.IsScalar()) name = named.Scalar();
  const yaml_block block(node, name.empty() ? "an election" : "election '" + name + "'", mistakes_,
                         known);
  if (!node.IsMap()) return;
  block.require("name", "under which it is told");
  if (block.has("name") && !is_election_name(name)) {
    block.wrong("name", "'" + name + "' is not a name: letters, digits, '-', '_' and '.', at " +
                            "most " + std::to_string(longest_name));
  }
  stance how = defaults_;
  how.read(block);
  election_terms terms(name, block.text("key").value_or("service/" + name + "/leader"),
                       how.made(control_ || block.has("hooks")));
  terms.guarantee = how.guarantee;
  check(node, terms);

  election_config made(terms);
  for (const face_kind& kind : face_kinds()) {
    if (const auto value = block.node(kind.key)) {
      made.faces.push_back(kind.read(*value, terms, mistakes_));
    }
  }
  config_.elections.push_back(std::move(made));
}

void reader::check(const YAML::Node& node, const election_terms& terms) {
  const std::string of = "election '" + terms.name + "': ";
  const int line = node.Mark().line + 1;
  if (const auto [other, added] = names_.emplace(terms.name, line); !added && !terms.name.empty()) {
    mistakes_.add(node, of + "name: a second one, after that of line " +
                            std::to_string(other->second));
  }
  if (terms.key.front() == '/') {
    mistakes_.add(node, of + "key: '" + terms.key + "' begins with a slash: leave it out");
  } else if (const auto [other, added] = keys_.emplace(terms.key, line); !added) {
    mistakes_.add(node, of + "key: '" + terms.key + "' is that of line " +
                            std::to_string(other->second) + " already");
  }
  try {
    terms.how.check();
  } catch (const bad_configuration& e) {
    mistakes_.add(node, of + e.what());
  }
}

void reader::check_http(const YAML::Node& node) {
  const std::string& wanted = config_.http->election;
  if (!wanted.empty() && names_.count(wanted) == 0) {
    mistakes_.add(node, "http: election: there is no election '" + wanted + "'");
  }
}

}  // namespace

std::string wrong_liveness(const std::optional<duration>& liveness) {
  using namespace std::chrono_literals;
  if (!liveness || (*liveness >= 500ms && *liveness <= 10min)) return {};
  return apps::to_text(*liveness) + " is out of range: choose 500ms to 10m, or leave it out";
}

std::string host_name() {
  char host[HOST_NAME_MAX + 1] = {};
  if (::gethostname(host, sizeof host - 1) != 0) host[0] = '\0';
  return host[0] != '\0' ? host : "localhost";
}

bool is_election_name(const std::string& name) {
  return !name.empty() && name.size() <= longest_name &&
         std::all_of(name.begin(), name.end(), is_name_character) && name != "." && name != "..";
}

config read_config(const std::string& text, const consul_config& consul, mistakes& into) {
  return reader(consul, into).read(text);
}

}  // namespace tenure::sidecar
