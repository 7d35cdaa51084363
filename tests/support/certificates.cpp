#include "support/certificates.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace tenure::test {
namespace {

void require(bool done) {
  if (!done) throw std::runtime_error("OpenSSL failed while it made a certificate");
}

std::shared_ptr<EVP_PKEY> make_key() {
  std::shared_ptr<EVP_PKEY> key(EVP_EC_gen("P-256"), &::EVP_PKEY_free);
  require(key != nullptr);
  return key;
}

template <class Write>
std::string pem(Write write) {
  const std::unique_ptr<BIO, decltype(&::BIO_free)> out(::BIO_new(::BIO_s_mem()), &::BIO_free);
  require(out && write(out.get()) == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return std::string(text, static_cast<std::size_t>(size));
}

std::string text_of(EVP_PKEY* key) {
  return pem([&](BIO* out) {
    return ::PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
  });
}

key_pair texts(X509* certificate, EVP_PKEY* key) {
  return {pem([&](BIO* out) { return ::PEM_write_bio_X509(out, certificate); }), text_of(key)};
}

void extend(X509* certificate, X509* issuer, int id, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = ::X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str());
  require(extension != nullptr);
  const int added = ::X509_add_ext(certificate, extension, -1);
  ::X509_EXTENSION_free(extension);
  require(added == 1);
}

std::shared_ptr<X509> begin(EVP_PKEY* key, const std::string& name, long from, long to) {
  static long serial = 0;
  std::shared_ptr<X509> certificate(::X509_new(), &::X509_free);
  require(certificate != nullptr);
  ::X509_set_version(certificate.get(), 2);
  ::ASN1_INTEGER_set(::X509_get_serialNumber(certificate.get()), ++serial);
  ::X509_gmtime_adj(::X509_getm_notBefore(certificate.get()), from);
  ::X509_gmtime_adj(::X509_getm_notAfter(certificate.get()), to);
  ::X509_set_pubkey(certificate.get(), key);
  ::X509_NAME_add_entry_by_txt(::X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  return certificate;
}

}  // namespace

std::string make_rsa_key() {
  const std::shared_ptr<EVP_PKEY> key(EVP_RSA_gen(2048), &::EVP_PKEY_free);
  require(key != nullptr);
  return text_of(key.get());
}

certificate_authority::certificate_authority(const std::string& name)
    : key_(make_key()), certificate_(begin(key_.get(), name, -86400, 86400)) {
  X509* const own = certificate_.get();
  ::X509_set_issuer_name(own, ::X509_get_subject_name(own));
  extend(own, own, NID_basic_constraints, "critical,CA:TRUE");
  extend(own, own, NID_key_usage, "critical,keyCertSign,cRLSign");
  extend(own, own, NID_subject_key_identifier, "hash");
  require(::X509_sign(own, key_.get(), ::EVP_sha256()) > 0);
  own_ = texts(own, key_.get());
}

certificate_authority::~certificate_authority() = default;

key_pair certificate_authority::issue(const certificate_request& what) const {
  const std::shared_ptr<EVP_PKEY> key = make_key();
  const std::shared_ptr<X509> made =
      begin(key.get(), what.names.empty() ? "client" : what.names.front(), what.valid_from,
            what.valid_to);
  ::X509_set_issuer_name(made.get(), ::X509_get_subject_name(certificate_.get()));
  extend(made.get(), certificate_.get(), NID_basic_constraints, "CA:FALSE");
  extend(made.get(), certificate_.get(), NID_authority_key_identifier, "keyid");
  std::string subjects;
  for (const std::string& name : what.names)
    subjects += (subjects.empty() ? "DNS:" : ",DNS:") + name;
  for (const std::string& address : what.addresses)
    subjects += (subjects.empty() ? "IP:" : ",IP:") + address;
  if (!subjects.empty())
    extend(made.get(), certificate_.get(), NID_subject_alt_name, subjects);
  require(::X509_sign(made.get(), key_.get(), ::EVP_sha256()) > 0);
  return texts(made.get(), key.get());
}

scratch_folder::scratch_folder() {
  char path[] = "/tmp/tenure-test-XXXXXX";
  if (::mkdtemp(path) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = path;
}

scratch_folder::~scratch_folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string scratch_folder::write(const std::string& name, const std::string& text) const {
  std::string path = path_ + '/' + name;
  {
    std::ofstream file(path + ".new", std::ios::binary);
    file << text;
    if (!file.flush()) throw std::runtime_error("cannot write " + path);
  }
  std::filesystem::rename(path + ".new", path);
  return path;
}

}  // namespace tenure::test
