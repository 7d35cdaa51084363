#include "sidecar/consul_service/config.hpp"

#include <algorithm>
#include <utility>

#include "common/yaml_map.hpp"

namespace tenure::sidecar {

void apply_nomad_env(const env_lookup& env, consul_service_options& options) {
  const std::string allocation = get_env(env, "NOMAD_ALLOC_ID").value_or("");
  const std::string folder = get_env(env, "NOMAD_ALLOC_DIR").value_or("");
  if (options.id.empty() && options.allocation.empty()) options.allocation = allocation;
  if (options.file.empty() && !allocation.empty() && !folder.empty())
    options.file = folder + "/" + allocation;
}

bool is_allocation_id(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '-' || c == '_';
  });
}

std::optional<meta_use> meta_use_of(const std::string& text) {
  if (text == "session") return meta_use::session;
  if (text == "none") return meta_use::none;
  return std::nullopt;
}

health_use health_use_of(bool gates) { return gates ? health_use::gates : health_use::ignored; }

output_factory make_consul_service(consul_service_options options) {
  return [options = std::move(options)](context& with, entered_election& election) {
    return std::make_shared<consul_service_output>(with.environment(), with.services(), election,
                                                   options);
  };
}

output_factory read_consul_service(const YAML::Node& block, const election_options& election,
                                   apps::config_errors& errors) {
  const apps::yaml_map map(
      block, "consul_service of " + election.name, errors,
      {"id", "allocation", "name", "primary_label", "replica_label", "meta", "file", "health"});
  consul_service_options options;
  options.id = map.text("id").value_or("");
  options.allocation = map.text("allocation").value_or("");
  options.name = map.text("name").value_or(election.name);
  options.labels.primary = map.text("primary_label").value_or("primary");
  options.labels.replica = map.text("replica_label").value_or("");
  options.file = map.text("file").value_or("");
  const std::string meta = map.text("meta").value_or("session");
  if (const auto use = meta_use_of(meta))
    options.labels.meta = *use;
  else
    map.error("meta", "'" + meta + "' is neither session nor none");
  options.health = health_use_of(map.boolean("health").value_or(true));
  if (!options.id.empty() && !options.allocation.empty())
    map.error("allocation", "id: names the service already: leave one of them out");
  if (options.labels.primary == options.labels.replica)
    map.error("replica_label", "'" + options.labels.replica + "' is also the primary label");
  apply_nomad_env(process_env(), options);
  if (options.id.empty() && options.allocation.empty())
    map.error("id", "is missing: the id of the service (inside Nomad the default is the service "
                    "of NOMAD_ALLOC_ID)");
  if (!is_allocation_id(options.allocation))
    map.error("allocation", "'" + options.allocation +
                                "' is not an allocation id: letters, digits, '-' and '_'");
  return make_consul_service(std::move(options));
}

}  // namespace tenure::sidecar
