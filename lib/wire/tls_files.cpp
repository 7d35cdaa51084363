#include "wire/tls_files.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/context.hpp>
#include <filesystem>
#include <functional>
#include <tenure/toolkit/input_file.hpp>

namespace tenure::wire {
namespace {

namespace ssl = boost::asio::ssl;

constexpr std::string_view ca_file_remedy =
    "name a PEM file of CA certificates in CONSUL_CACERT";
constexpr std::string_view ca_path_remedy =
    "name a folder of PEM files of CA certificates in CONSUL_CAPATH";
constexpr std::string_view cert_remedy = "name the certificate's PEM file in CONSUL_CLIENT_CERT";
constexpr std::string_view key_remedy = "name the key's PEM file in CONSUL_CLIENT_KEY";

[[noreturn]] void refuse(std::string_view what, const std::string& path, std::string_view problem,
                         std::string_view remedy) {
  throw bad_configuration(std::string(what) + " \"" + path + "\" " + std::string(problem) + ": " +
                          std::string(remedy));
}

// The file's text; `problem` says why there is none.
bool read(const std::string& path, std::string& text, std::string& problem) {
  runtime::input_file file = runtime::read_input(path);
  text = std::move(file.text);
  problem = "cannot be read (" + file.problem + ")";
  return file.problem.empty();
}

// Sorted, because the order of a folder is arbitrary. Throws std::filesystem::filesystem_error.
std::vector<std::string> files_below(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) files.push_back(entry.path().string());
  std::ranges::sort(files);
  return files;
}

// How many authorities were added. A file may hold other things, too.
std::size_t add_authorities(ssl::context& context, const std::string& pem) {
  std::size_t added = 0;
  const std::unique_ptr<BIO, decltype(&::BIO_free)> bio(
      ::BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &::BIO_free);
  X509_STORE* const store = ::SSL_CTX_get_cert_store(context.native_handle());
  for (;;) {
    const std::unique_ptr<X509, decltype(&::X509_free)> one(
        ::PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), &::X509_free);
    if (!one) break;
    if (::X509_STORE_add_cert(store, one.get()) == 1) ++added;
  }
  ::ERR_clear_error();
  return added;
}

// Appends what was read to `all`.
void trust(ssl::context& context, const consul_tls& how, std::string& all) {
  if (!how.ca_file().empty()) {
    const std::string pem = read_pem("the CA file", how.ca_file(), ca_file_remedy);
    if (add_authorities(context, pem) == 0)
      refuse("the CA file", how.ca_file(), "has no PEM certificate", ca_file_remedy);
    all += pem;
    return;
  }
  if (how.ca_path().empty()) {
    context.set_default_verify_paths();
    return;
  }
  std::size_t added = 0;
  try {
    for (const std::string& path : files_below(how.ca_path())) {
      std::string pem;
      std::string problem;
      if (!read(path, pem, problem)) refuse("the CA file", path, problem, ca_path_remedy);
      added += add_authorities(context, pem);
      all += pem;
    }
  } catch (const std::filesystem::filesystem_error& error) {
    refuse("the CA folder", how.ca_path(), "cannot be read (" + error.code().message() + ")",
           ca_path_remedy);
  }
  if (added == 0)
    refuse("the CA folder", how.ca_path(), "has no PEM certificate in it", ca_path_remedy);
}

}  // namespace

file_stamp stamp_of(std::string path) {
  file_stamp stamp;
  struct stat now = {};
  if (::stat(path.c_str(), &now) == 0) {
    stamp.exists = true;
    stamp.regular = S_ISREG(now.st_mode);
    stamp.device = now.st_dev;
    stamp.inode = now.st_ino;
    stamp.size = now.st_size;
    stamp.seconds = now.st_mtim.tv_sec;
    stamp.nanoseconds = now.st_mtim.tv_nsec;
    stamp.changed_seconds = now.st_ctim.tv_sec;
    stamp.changed_nanoseconds = now.st_ctim.tv_nsec;
  }
  stamp.path = std::move(path);
  return stamp;
}

void require_regular(const std::vector<file_stamp>& stamps) {
  for (const file_stamp& one : stamps) {
    if (one.exists && !one.regular)
      throw bad_configuration("the file \"" + one.path + "\" is no regular file");
  }
}

std::vector<file_stamp> stamps_of(const consul_tls& how) {
  std::vector<file_stamp> stamps;
  for (const std::string& path : {how.ca_file(), how.client_cert(), how.client_key()})
    if (!path.empty()) stamps.push_back(stamp_of(path));
  if (how.ca_file().empty() && !how.ca_path().empty()) {
    try {
      for (std::string& path : files_below(how.ca_path())) stamps.push_back(stamp_of(path));
    } catch (const std::filesystem::filesystem_error&) {  // load_client() says why
    }
  }
  return stamps;
}

std::string read_pem(std::string_view what, const std::string& path, std::string_view remedy) {
  std::string text;
  std::string problem;
  if (!read(path, text, problem)) refuse(what, path, problem, remedy);
  return text;
}

void use_certificate(ssl::context& context, const std::string& cert_path, const std::string& cert,
                     const std::string& key_path, const std::string& key) {
  boost::system::error_code failed;
  context.use_certificate_chain(boost::asio::buffer(cert), failed);
  if (failed) refuse("the certificate", cert_path, "is not one in PEM", "name a PEM certificate");
  // Without a callback OpenSSL would ask for the password at the terminal.
  context.set_password_callback([](std::size_t, ssl::context::password_purpose) {
    return std::string();
  }, failed);
  context.use_private_key(boost::asio::buffer(key), ssl::context::pem, failed);
  // OpenSSL compares the key only with a certificate for keys of its type.
  const bool other_type = !failed && ::SSL_CTX_check_private_key(context.native_handle()) != 1;
  ::ERR_clear_error();
  if (!failed && !other_type) return;
  if (key.find("ENCRYPTED") != std::string::npos)
    refuse("the key", key_path, "is encrypted", "store it without a password");
  if (other_type || failed.value() == ERR_PACK(ERR_LIB_X509, 0, X509_R_KEY_VALUES_MISMATCH) ||
      failed.value() == ERR_PACK(ERR_LIB_X509, 0, X509_R_KEY_TYPE_MISMATCH))
    refuse("the key", key_path, "does not belong to the certificate \"" + cert_path + "\"",
           "name the key and the certificate of one pair");
  refuse("the key", key_path, "is not one in PEM", "name a PEM key");
}

client_context load_client(const consul_tls& how) {
  if (how.client_cert().empty() != how.client_key().empty()) {
    if (how.client_key().empty())
      refuse("the client certificate", how.client_cert(), "has no key", key_remedy);
    refuse("the client key", how.client_key(), "has no certificate", cert_remedy);
  }
  client_context made;
  made.context = std::make_shared<ssl::context>(ssl::context::tls_client);
  ::SSL_CTX_set_min_proto_version(made.context->native_handle(), TLS1_2_VERSION);
  std::string all;
  if (how.verify()) trust(*made.context, how, all);
  if (!how.client_cert().empty()) {
    const std::string cert =
        read_pem("the client certificate", how.client_cert(), cert_remedy);
    const std::string key = read_pem("the client key", how.client_key(), key_remedy);
    use_certificate(*made.context, how.client_cert(), cert, how.client_key(), key);
    all += cert + key;
  }
  made.content = std::hash<std::string>()(all);
  ::OPENSSL_cleanse(all.data(), all.size());
  return made;
}

}  // namespace tenure::wire
