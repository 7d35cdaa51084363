// The error of a configuration that cannot work.
#pragma once

#include <boost/system/system_error.hpp>
#include <string>
#include <tenure/error.hpp>
#include <utility>

namespace tenure {

/// A configuration or an argument that cannot work: an address, a candidacy, a key, options. A
/// system_error like all of tenure's, with the code errc::bad_argument, which is
/// error_kind::fatal; what() is one line alone that names the value and the remedy, and never
/// contains a secret.
class bad_configuration : public boost::system::system_error {
 public:
  /// `line`: one line for a person: which setting, its value, and what is allowed.
  explicit bad_configuration(std::string line)
      : system_error(make_error_code(errc::bad_argument)), line_(std::move(line)) {}

  const char* what() const noexcept override { return line_.c_str(); }  ///< that line

 private:
  std::string line_;
};

}  // namespace tenure
