// The kinds of faces that the configuration of an election can name, one block each.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tenure/candidacy.hpp>
#include <tenure/consul_config.hpp>
#include <tenure/elections.hpp>
#include <tenure/log.hpp>
#include <vector>

#include "command/supervised_command.hpp"
#include "runtime/environment.hpp"
#include "sidecar/face.hpp"
#include "sidecar/hook_snapshots.hpp"
#include "sidecar/yaml_block.hpp"

namespace tenure::sidecar {

/// What a face may use of its sidecar. All of it outlives the faces.
class surroundings {
 public:
  surroundings(boost::asio::any_io_executor executor, const consul_config& consul,
               tenure::elections& elections, command::command_host& commands,
               std::shared_ptr<log_sink> log)
      : executor(std::move(executor)),
        consul(consul),
        elections(elections),
        commands(commands),
        log(std::move(log)) {}

  boost::asio::any_io_executor executor;
  const consul_config& consul;
  tenure::elections& elections;
  command::command_host& commands;  ///< the one of this process
  std::shared_ptr<log_sink> log;
  /// Clock, timers and transport of the faces that speak to Consul themselves; made by the first.
  std::shared_ptr<const runtime::environment> outside;
  hook_snapshots snapshots;
  /// The keys of the settings of elections whose configuration names one, by their names.
  std::map<std::string, std::string> settings_keys;
};

/// The election that a face's block is a part of, as far as it is read by then.
class election_terms {
 public:
  election_terms(std::string name, std::string key, candidacy how)
      : name(std::move(name)), key(std::move(key)), how(std::move(how)) {}

  std::string name;
  std::string key;
  candidacy how;
  /// For how long a true answer to "is this the leader?" has to hold; nothing where none is given.
  std::optional<duration> guarantee;
};

/// Makes the face when the sidecar starts. Throws fatal_error where that cannot work here.
using face_factory = std::function<std::shared_ptr<face>(surroundings&, standing_election&)>;

/// Something that a sidecar has once for all of its elections: the HTTP server, the control socket.
class part {
 public:
  virtual ~part() = default;
  /// How it follows one election; nothing where it need not. Called once for each at the start.
  virtual std::shared_ptr<face> face_of(standing_election& election, const election_terms& of) = 0;
  /// As face::run().
  virtual boost::asio::awaitable<void> run() = 0;
};
using part_factory = std::function<std::shared_ptr<part>(surroundings&)>;

/// What an election's configuration may have: `hooks: {...}`, `settings: PREFIX`.
class face_kind {
 public:
  const char* key;  ///< "hooks"
  /// Reads its value. What is wrong with it goes to `into`, and then the factory is not used.
  face_factory (*read)(const YAML::Node& block, const election_terms& of, mistakes& into);
};

/// A block of the configuration's top level.
class part_kind {
 public:
  const char* key;  ///< of the block: "control"
  part_factory (*read)(const YAML::Node& block, mistakes& into);
};

/// Every kind there is. Who adds one adds a line there.
const std::vector<face_kind>& face_kinds();
const std::vector<part_kind>& part_kinds();

}  // namespace tenure::sidecar
