#include "tenure-cron/http/http_arguments.hpp"

#include <cstdlib>

#include "common/argument_checks.hpp"
#include "common/options.hpp"

namespace tenure::cron {
namespace {

/// The first option that has no use without --http; empty if there is none.
std::string first_given(const http_options& given) {
  const apps::http_protection& p = given.protection;
  if (!p.token.empty()) return "--http-token";
  if (!p.token_file.empty()) return "--http-token-file";
  if (given.is_private) return "--http-private";
  if (!p.tls.certificate.empty()) return "--http-tls-cert";
  if (!p.tls.key.empty()) return "--http-tls-key";
  if (!p.tls.client_ca.empty()) return "--http-tls-client-ca";
  return p.hosts.empty() ? "" : "--http-host";
}

}  // namespace

void http_arguments::add_to(CLI::App& app) {
  const auto add = [&app](const char* name, std::string& value, const char* type,
                          const char* variable, const char* help) {
    return app.add_option(name, value, help)->type_name(type)->envname(variable);
  };
  apps::http_protection& to = given_.protection;
  add("--http", given_.address, "ADDR:PORT", "TENURE_HTTP",
      "serve /healthz, /metrics and a status page at this address, with TLS at "
      "https://ADDR:PORT (default: no server)");
  add("--http-token", to.token, "TOKEN", "TENURE_HTTP_TOKEN",
      "with this token the status page can run, pause and resume jobs (default: it only shows)");
  add("--http-token-file", to.token_file, "FILE", "TENURE_HTTP_TOKEN_FILE",
      "a file that contains that token, read again when it changes");
  app.add_flag("--http-private", given_.is_private,
               "let only those who have the token look, too, except at /healthz")
      ->envname("TENURE_HTTP_PRIVATE");
  add("--http-tls-cert", to.tls.certificate, "FILE", "TENURE_HTTP_TLS_CERT",
      "the certificate for an https:// address, with its chain, in PEM");
  add("--http-tls-key", to.tls.key, "FILE", "TENURE_HTTP_TLS_KEY",
      "the key of the certificate, in PEM");
  add("--http-tls-client-ca", to.tls.client_ca, "FILE", "TENURE_HTTP_TLS_CLIENT_CA",
      "clients must show a certificate that one of these authorities signed");
  app.add_option("--http-host", to.hosts,
                 "a name by which clients call a server on the loopback, beside localhost; may be "
                 "given repeatedly")
      ->type_name("NAME")
      ->delimiter(',')
      ->check(apps::check_host_name)
      ->allow_extra_args(false)
      ->envname("TENURE_HTTP_HOSTS");
}

http_options http_arguments::options() const {
  const apps::http_protection& p = given_.protection;
  const bool has_token = !p.token.empty() || !p.token_file.empty();
  if (!p.token.empty() && !p.token_file.empty())
    throw apps::usage_error("--http-token: --http-token-file names one already");
  for (const char* const name : {"TENURE_HTTP_TOKEN", "TENURE_HTTP_TOKEN_FILE"}) {
    const char* const value = std::getenv(name);
    if (value != nullptr && *value == '\0')
      throw apps::usage_error(std::string(name) + " is empty: give a token, or unset it");
  }
  if (given_.is_private && !has_token)
    throw apps::usage_error("--http-private: needs --http-token-file or --http-token");
  if (given_.address.empty()) {
    if (const std::string option = first_given(given_); !option.empty())
      throw apps::usage_error(option + ": needs --http");
    return given_;
  }
  if (const std::string mistake = p.mistake({given_.address}); !mistake.empty())
    throw apps::usage_error("--http: " + mistake);
  return given_;
}

}  // namespace tenure::cron
