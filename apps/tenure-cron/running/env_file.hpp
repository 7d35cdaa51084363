// Files of variables, as `docker run --env-file` and systemd's EnvironmentFile= read them.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenure::cron {

/// what() is one line: "env_file /etc/job.env: No such file or directory".
class bad_env_file : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Names and values; of a name that is there twice the last value counts.
using variables = std::vector<std::pair<std::string, std::string>>;

/// Lines of `KEY=value`; `export` before the key is allowed. Empty lines and those that begin with
/// # or ; are comments. A value in double quotes may have the escapes \n, \t, \" and so on, and
/// one in quotes of either kind may have line breaks; nothing is expanded. Without quotes, the
/// value ends with its line, and a backslash at the end joins the next one. In the order of the
/// file: of a key that is given twice the last value counts. Throws bad_env_file that names the
/// line.
variables parse_env(const std::string& file, std::string_view text);

/// Reads a regular file of at most 1 MiB. Throws bad_env_file.
variables read_env_file(const std::string& file);

}  // namespace tenure::cron
