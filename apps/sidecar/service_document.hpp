// A service as a Consul agent tells it, and the registration that changes nothing of it but its
// marks: the two labels and Meta.session. What an agent tells is not quite what it takes, and it
// knows fields that this program does not: each goes back as the text that it came in.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace tenure::sidecar {

/// What is to be told of a service.
class service_marks {
 public:
  friend bool operator==(const service_marks&, const service_marks&) = default;

  bool leading = false;
  std::string session;  ///< empty: no Meta.session
};

/// The labels as they are configured.
class service_labels {
 public:
  std::string primary = "primary";
  std::string replica;  ///< empty: none
};

class service_document {
 public:
  /// Reads a service of `agent/service/ID` or one value of `agent/services`. Nothing where `json`
  /// is no such thing.
  static std::optional<service_document> parse(const std::string& json);
  /// All services of `agent/services`, in the order of their ids.
  static std::optional<std::vector<service_document>> parse_all(const std::string& json);

  const std::string& id() const noexcept { return id_; }
  const std::string& name() const noexcept { return name_; }
  const std::string& kind() const noexcept { return kind_; }  ///< empty for a plain service
  const std::vector<std::string>& tags() const noexcept { return tags_; }
  const std::string& hash() const noexcept { return hash_; }  ///< ContentHash
  bool tags_overridable() const noexcept { return tags_overridable_; }

  /// The body for `agent/service/register` that gives the service these marks. Nothing where it
  /// has them already. `refused`: fields that the agent does not take back.
  std::optional<std::string> registration(const service_marks& marks, const service_labels& labels,
                                          const std::set<std::string>& refused) const;

 private:
  friend class service_reader;

  std::string id_;
  std::string name_;
  std::string kind_;
  std::string hash_;
  bool tags_overridable_ = false;
  std::vector<std::string> tags_;
  std::vector<std::pair<std::string, std::string>> meta_;
  std::vector<std::pair<std::string, std::string>> others_;  // name, JSON; in their order
};

}  // namespace tenure::sidecar
