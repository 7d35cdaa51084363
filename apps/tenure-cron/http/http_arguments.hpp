// --http and the options that begin with it.
#pragma once

#include <CLI/App.hpp>

#include "tenure-cron/http/cron_http.hpp"

namespace tenure::cron {

class http_arguments {
 public:
  void add_to(CLI::App& app);
  /// Throws usage_error.
  http_options options() const;

 private:
  http_options given_;
};

}  // namespace tenure::cron
