// --http, --http-token and --http-token-file.
#pragma once

#include <CLI/App.hpp>
#include <string>

#include "tenure-cron/http/cron_http.hpp"

namespace tenure::cron {

class http_arguments {
 public:
  void add_to(CLI::App& app);
  /// Reads the token's file. Throws usage_error.
  http_options options() const;

 private:
  std::string address_;
  std::string token_;
  std::string token_file_;
};

}  // namespace tenure::cron
