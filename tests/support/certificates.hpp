// Certificates for tests, made when the test runs: none of them can expire in the repository.
#pragma once

#include <memory>
#include <string>
#include <vector>

struct evp_pkey_st;
struct x509_st;

namespace tenure::test {

/// PEM texts.
struct key_pair {
  std::string cert;
  std::string key;
};

/// What a certificate says; valid for an hour before and after now, unless set otherwise.
struct certificate_request {
  std::vector<std::string> names = {};      ///< of hosts
  std::vector<std::string> addresses = {};  ///< IP addresses
  long valid_from = -3600;             ///< seconds from now
  long valid_to = 3600;
};

/// A new RSA key. Those of the certificates are EC keys.
std::string make_rsa_key();

class certificate_authority {
 public:
  explicit certificate_authority(const std::string& name = "authority of a test");
  ~certificate_authority();

  const std::string& cert() const noexcept { return own_.cert; }
  key_pair issue(const certificate_request& what) const;

 private:
  std::shared_ptr<evp_pkey_st> key_;
  std::shared_ptr<x509_st> certificate_;
  key_pair own_;
};

/// A folder for the files of a test; it is removed with the object.
class scratch_folder {
 public:
  scratch_folder();
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;
  ~scratch_folder();

  const std::string& path() const noexcept { return path_; }
  /// Replaces the file as a deployment does, by rename; returns its path.
  std::string write(const std::string& name, const std::string& text) const;

 private:
  std::string path_;
};

}  // namespace tenure::test
