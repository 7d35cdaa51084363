// The definition of a check that catalog/register brings: how an external monitor is to run it. The
// catalog shows it; nothing here runs it.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "agent/go/struct_reader.hpp"

namespace tenure::agent {

class check_definition {
 public:
  /// Reads the object that is the next value. Unknown members are no error.
  void read(go_struct_reader& fields);
  /// As the catalog shows it: without empty members.
  std::string json() const;
  /// Consul's name of the kind of check; empty if the definition names none.
  std::string_view type() const;

 private:
  std::map<std::string, std::string, std::less<>> members_;  ///< JSON by name, empty ones left out
};

}  // namespace tenure::agent
