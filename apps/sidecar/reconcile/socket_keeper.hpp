// Keeps the files of unix sockets: a client finds a socket by its file, which any process may
// remove, such as one that cleans a folder.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sidecar/main/output_environment.hpp"
#include "sidecar/reconcile/reconciler.hpp"

namespace tenure::sidecar {

class socket_keeper {
 public:
  /// How often keep() should be called.
  static constexpr duration interval = std::chrono::seconds(1);

  explicit socket_keeper(std::shared_ptr<const output_environment> env) : env_(std::move(env)) {}

  /// `lost`: the addresses whose file is not there any more. `listen` makes it again, or throws.
  void keep(const std::vector<std::string>& lost,
            const std::function<void(const std::string& address)>& listen);

 private:
  void restore(const std::string& address, const std::function<void(const std::string&)>& listen);

  std::shared_ptr<const output_environment> env_;
  reconciler keeper_{{.first = std::chrono::seconds(1), .longest = std::chrono::seconds(5)}};
  std::string failure_;  ///< as last logged; empty: none
};

}  // namespace tenure::sidecar
