#include "tenure-cron/http/http_arguments.hpp"

#include "common/options.hpp"

namespace tenure::cron {

void http_arguments::add_to(CLI::App& app) {
  app.add_option("--http", address_,
                 "serve /healthz, /metrics and a status page at this address (default: no server)")
      ->type_name("ADDR:PORT")
      ->envname("TENURE_HTTP");
  app.add_option("--http-token", token_,
                 "with this token the status page can run, pause and resume jobs (default: it "
                 "only shows)")
      ->type_name("TOKEN")
      ->envname("TENURE_HTTP_TOKEN");
  app.add_option("--http-token-file", token_file_, "a file that contains that token")
      ->type_name("FILE")
      ->envname("TENURE_HTTP_TOKEN_FILE");
}

http_options http_arguments::options() const {
  http_options o;
  o.address = address_;
  o.token = token_;
  if (!token_.empty() && !token_file_.empty())
    throw apps::usage_error("--http-token: --http-token-file names one already");
  if (!token_file_.empty()) {
    o.token = apps::read_file(token_file_);
    o.token.erase(o.token.find_last_not_of(" \t\r\n") + 1);
    if (o.token.empty())
      throw apps::usage_error("--http-token-file: '" + token_file_ + "' has no token");
  }
  if (o.address.empty() && !o.token.empty())
    throw apps::usage_error("--http-token: needs --http");
  return o;
}

}  // namespace tenure::cron
