// A service as the local Consul agent describes it, and the body that registers it again. The agent
// does not accept all that it returns, and it may know fields that this program does not know:
// those go back as the JSON text that they came in.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace tenure::consul {

class service_entry {
 public:
  using named_texts = std::vector<std::pair<std::string, std::string>>;

  /// Reads the answer of `agent/service/ID`. Nothing where `json` does not describe a service.
  static std::optional<service_entry> parse(const std::string& json);
  /// Reads the answer of `agent/services`; sorted by id.
  static std::optional<std::vector<service_entry>> parse_all(const std::string& json);

  /// The body of `agent/service/register` for this service, without the fields that are `refused`.
  std::string registration(const std::set<std::string>& refused) const;

  std::string id;
  std::string name;
  std::string kind;  ///< empty for a plain service
  std::string hash;  ///< ContentHash
  bool tags_overridable = false;
  std::vector<std::string> tags;
  named_texts meta;
  named_texts others;  ///< name and JSON of all other fields that go back, in their order
};

}  // namespace tenure::consul
