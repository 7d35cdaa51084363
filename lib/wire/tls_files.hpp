// Certificates and keys in PEM files: read, checked, and looked at for changes.
#pragma once

#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <tenure/bad_configuration.hpp>
#include <tenure/consul_tls.hpp>
#include <vector>

namespace tenure::wire {

/// What the file system says of a file. A file that is written or replaced gets another stamp, and
/// so does one with another owner or other permissions.
struct file_stamp {
  std::string path;
  bool exists = false;
  bool regular = false;
  unsigned long long device = 0;
  unsigned long long inode = 0;
  long long size = 0;
  long long seconds = 0;
  long nanoseconds = 0;
  long long changed_seconds = 0;  ///< of the owner and the permissions, too
  long changed_nanoseconds = 0;

  friend bool operator==(const file_stamp&, const file_stamp&) = default;
};

file_stamp stamp_of(std::string path);
/// Before files are read again, which must not wait for the writer of a FIFO. Throws
/// bad_configuration.
void require_regular(const std::vector<file_stamp>& stamps);
/// Of all files that a client's settings name, those in its folder included.
std::vector<file_stamp> stamps_of(const consul_tls& how);

/// The text of a file. Throws bad_configuration: `what` names the file's purpose, `remedy` what to
/// do.
std::string read_pem(std::string_view what, const std::string& path, std::string_view remedy);

/// Shows this certificate, with its chain, to the other end. Throws bad_configuration for what is
/// no certificate, no key, an encrypted key, or no pair.
void use_certificate(boost::asio::ssl::context& context, const std::string& cert_path,
                     const std::string& cert, const std::string& key_path, const std::string& key);

/// A client's context, and a digest of the files that it was made of.
struct client_context {
  std::shared_ptr<boost::asio::ssl::context> context;
  std::size_t content = 0;
};

/// Reads all files. Throws bad_configuration: one line that names the file and the remedy.
client_context load_client(const consul_tls& how);

}  // namespace tenure::wire
