// A sidecar without a file: the variables of the nais elector and of consul-leader. Whoever runs
// one of those today leaves them as they are.
#include <algorithm>
#include <stdexcept>
#include <utility>

#include "common/options.hpp"
#include "sidecar/config.hpp"
#include "sidecar/consul_service_config.hpp"
#include "text/ascii.hpp"

namespace tenure::sidecar {
namespace {

using apps::usage_error;

[[noreturn]] void refuse(const char* name, const std::string& text) {
  throw usage_error(std::string(name) + ": " + text);
}

class reader {
 public:
  reader(const lookup& variable, const consul_config& consul)
      : variable_(variable), config_(consul) {}
  config read();

 private:
  /// Set, and not empty.
  std::optional<std::string> get(const char* name) const {
    const auto found = variable_(name);
    return found && !found->empty() ? found : std::nullopt;
  }
  std::optional<duration> time(const char* name) const;
  std::string name(const char* variable) const;

  void read_consul_leader();
  void read_elector_election();
  void read_elector();
  void read_stance();

  const lookup& variable_;
  config config_;
  std::optional<election_terms> terms_;
  std::vector<face_factory> faces_;
};

std::optional<duration> reader::time(const char* name) const {
  const auto text = get(name);
  if (!text) return std::nullopt;
  try {
    return apps::parse_duration(*text);
  } catch (const usage_error& e) {
    refuse(name, e.what());
  }
}

std::string reader::name(const char* variable) const {
  const std::string text = get(variable).value_or("");
  if (!is_election_name(text))
    refuse(variable, "'" + text + "' is not a name: letters, digits, '-', '_' and '.'");
  return text;
}

void reader::read_consul_leader() {
  consul_leader_settings read =
      consul_leader_from(variable_, get("TENURE_VALUE").value_or(host_name()));
  if (!is_election_name(read.name))
    refuse("CONSUL_LEADER_SERVICE_NAME", "'" + read.name + "' is not the name of a service");
  terms_.emplace(read.name, read.key, read.how);
  faces_.push_back(consul_service_factory(std::move(read.service)));
  config_.level = read.level;
}

void reader::read_elector_election() {
  const std::string election = name("ELECTOR_ELECTION");
  std::string key = "service/" + election + "/leader";
  if (get("ELECTOR_ELECTION_NAMESPACE")) {
    key = "service/" + name("ELECTOR_ELECTION_NAMESPACE") + "/" + election + "/leader";
  }
  candidacy how(get("TENURE_VALUE").value_or(host_name()));
  terms_.emplace(election, get("TENURE_KEY").value_or(key), how);
  if (terms_->key.starts_with('/'))
    refuse("TENURE_KEY", "'" + terms_->key + "' begins with a slash: leave it out");
}

void reader::read_elector() {
  http_config http;
  const auto address = [&](const char* name) {
    const std::string text = get(name).value_or("");
    if (!text.empty() && !is_listen_address(text))
      refuse(name, "'" + text + "' is not an address: write it as 127.0.0.1:4040 or :4040");
    return text;
  };
  if (const std::string text = address("ELECTOR_HTTP"); !text.empty()) http.listen = {text};
  http.probe = address("ELECTOR_PROBE_ADDRESS");
  http.metrics = address("ELECTOR_METRICS_ADDRESS");
  config_.http = http;

  if (auto level = get("ELECTOR_LOG_LEVEL")) {
    // As logrus has it, in which warn has another name as well.
    *level = text::lower(*level);
    if (*level == "warning") level = "warn";
    try {
      config_.level = parse_log_level(*level);
    } catch (const std::invalid_argument& e) {
      refuse("ELECTOR_LOG_LEVEL", e.what());
    }
  }
  if (const auto format = get("ELECTOR_LOG_FORMAT")) {
    config_.json_log = *format == "json";
    if (*format != "json" && *format != "text")
      refuse("ELECTOR_LOG_FORMAT", "'" + *format + "' is neither text nor json");
  }
}

void reader::read_stance() {
  candidacy& how = terms_->how;
  if (const auto t = time("TENURE_SPAN")) how.span(*t);
  if (const auto t = time("TENURE_TTL")) how.ttl(*t);
  if (const auto t = time("TENURE_LOCK_DELAY")) how.lock_delay(*t);
  if (const auto t = time("TENURE_GRACE")) how.stop_budget(*t);
  terms_->guarantee = time("TENURE_GUARANTEE");
  config_.liveness = time("TENURE_LIVENESS");
  if (const std::string why = wrong_liveness(config_.liveness); !why.empty())
    refuse("TENURE_LIVENESS", why);
  how.check();
}

config reader::read() {
  const bool elector = get("ELECTOR_ELECTION").has_value();
  // Inside Nomad consul-leader needs no variable of its own.
  const bool consul_leader =
      is_consul_leader(variable_) || (get("NOMAD_ALLOC_ID").has_value() && !elector);
  if (!elector && !consul_leader) {
    throw usage_error("nothing says what to stand for: name a FILE, or set ELECTOR_ELECTION, or "
                      "CONSUL_LEADER_SERVICE_NAME");
  }
  if (consul_leader) {
    read_consul_leader();
  } else {
    read_elector_election();
  }
  if (elector || get("ELECTOR_HTTP")) read_elector();
  read_stance();
  election_config made(*terms_);
  made.faces = std::move(faces_);
  config_.elections.push_back(std::move(made));
  return std::move(config_);
}

}  // namespace

config config_from_environment(const lookup& variable, const consul_config& consul) {
  return reader(variable, consul).read();
}

}  // namespace tenure::sidecar
