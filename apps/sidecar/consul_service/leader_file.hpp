// A file that exists while this instance leads, for processes on the same machine. It is empty.
//
// Any process may remove or write it, its folder may appear later or be read-only for a while: the
// caller calls keep() again and again, which restores the wanted state.
#pragma once

#include <memory>
#include <string>
#include <tenure/log.hpp>
#include <utility>

#include "sidecar/main/output_environment.hpp"
#include "sidecar/reconcile/reconciler.hpp"

namespace tenure::sidecar {

class leader_file {
 public:
  enum class state { present, absent };

  /// `path`: empty for no file.
  leader_file(std::string path, std::shared_ptr<const output_environment> env)
      : path_(std::move(path)), env_(std::move(env)) {}

  /// Makes the file what it should be, at once where `wanted` is another state than in the last
  /// call. Logs a failure once, and its end.
  void keep(state wanted);
  /// Whether the last keep() found or left the file in the wanted state.
  bool in_step() const noexcept { return path_.empty() || !keeper_.failing(); }

 private:
  void repair();
  void report_failure(const std::string& why);
  void report_success();
  std::string wanted_text() const { return wanted_ == state::present ? "present" : "absent"; }

  const std::string path_;
  std::shared_ptr<const output_environment> env_;
  state wanted_ = state::absent;
  reconciler keeper_{{.first = std::chrono::milliseconds(250), .longest = std::chrono::seconds(1)}};
  std::string failure_;  ///< as last logged; empty: none
};

}  // namespace tenure::sidecar
