// Where the jobs come from: one file, or each file of a folder, and how a change is noticed.
#pragma once

#include <string>
#include <tenure/toolkit/input_file.hpp>
#include <vector>

namespace tenure::cron {

/// One jobs file as it is now.
class jobs_text {
 public:
  std::string tenant;  ///< the name of the file without its end; empty: the only file
  std::string path;
  std::string text;
  std::string error;  ///< why it cannot be read; empty: it was read
};

/// Another text whenever the file was written, replaced or removed, also through a symbolic link.
std::string stamp_of(const std::string& file);

class jobs_source {
 public:
  /// A file, or a folder whose files *.yaml and *.yml are tenants. Throws usage_error if there is
  /// no such path.
  explicit jobs_source(std::string path);

  const std::string& path() const noexcept { return path_; }
  bool is_folder() const noexcept { return folder_; }
  /// In the order of the tenants' names. Files whose name begins with a dot are none. Throws
  /// usage_error if the folder cannot be listed. `kind`: of the files that may be read.
  std::vector<jobs_text> read(runtime::input_kind kind = runtime::input_kind::any) const;
  /// The stamps of all files: an editor's rename, and the links of a Kubernetes ConfigMap, change
  /// the file that is found.
  std::string stamp() const;

 private:
  std::vector<std::string> files() const;

  std::string path_;
  bool folder_ = false;
};

}  // namespace tenure::cron
