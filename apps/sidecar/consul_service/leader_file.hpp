// A file that exists while this instance leads, for processes on the same machine.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <tenure/log.hpp>
#include <utility>

namespace tenure::sidecar {

class leader_file {
 public:
  enum class state { present, absent };

  /// `path`: empty for no file.
  leader_file(std::string path, std::shared_ptr<log_sink> log)
      : path_(std::move(path)), log_(std::move(log)) {}

  /// Creates or removes the file. A failure is logged once, and not retried until the wanted state
  /// changes.
  void set(state wanted);

 private:
  std::string path_;
  std::shared_ptr<log_sink> log_;
  std::optional<state> set_;
};

}  // namespace tenure::sidecar
