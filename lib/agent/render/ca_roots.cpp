#include "agent/render/ca_roots.hpp"

#include <tenure/toolkit/json_writer.hpp>

namespace tenure::agent {
namespace {

constexpr std::string_view root_id =
    "bf:5c:aa:83:58:25:e3:54:a5:1e:70:17:a1:80:64:c0:ee:a1:d3:bb";
constexpr std::string_view key_id =
    "4a:03:b7:b8:13:5d:99:1d:85:36:59:fe:a5:1c:c0:c4:e7:40:ce:94";
constexpr std::string_view cluster = "11111111-2222-3333-4444-555555555555";
/// Its key was not kept.
constexpr std::string_view certificate =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBpDCCAUqgAwIBAgIBBzAKBggqhkjOPQQDAjAXMRUwEwYDVQQDEwx0ZW51cmUg\n"
    "YWdlbnQwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBcxFTATBgNV\n"
    "BAMTDHRlbnVyZSBhZ2VudDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABOxPwUFS\n"
    "h9wAsxf/mkVCLwZZgxlfC1iE6+Y31fBIyVEJZfaBl5/OGzVMlMb49wbqQ6wp89/9\n"
    "lOw473OfevunjnGjgYQwgYEwDgYDVR0PAQH/BAQDAgEGMA8GA1UdEwEB/wQFMAMB\n"
    "Af8wHQYDVR0OBBYEFEoDt7gTXZkdhTZZ/qUcwMTnQM6UMD8GA1UdEQQ4MDaGNHNw\n"
    "aWZmZTovLzExMTExMTExLTIyMjItMzMzMy00NDQ0LTU1NTU1NTU1NTU1NS5jb25z\n"
    "dWwwCgYIKoZIzj0EAwIDSAAwRQIgDqt2NCs0M8tC7t6neTbtvijH6zl3QriSL9zk\n"
    "QN7ep/oCIQDtaZSt6gjrvWCGrSjy6SbRiOdz0xyZ6Q/0vV6qd+pNDw==\n"
    "-----END CERTIFICATE-----\n";
constexpr std::uint64_t serial_number = 7;
constexpr std::uint64_t key_bits = 256;

}  // namespace

std::string ca_roots_json(std::string_view name) {
  text::json_writer json;
  json.begin_object();
  json.key("ActiveRootID").value(root_id);
  json.key("TrustDomain").value(std::string(cluster) + ".consul");
  json.key("Roots").begin_array().begin_object();
  json.key("ID").value(root_id);
  json.key("Name").value(name);
  json.key("SerialNumber").value(serial_number);
  json.key("SigningKeyID").value(key_id);
  json.key("ExternalTrustDomain").value(cluster);
  json.key("NotBefore").value("2020-01-01T00:00:00Z");
  json.key("NotAfter").value("2120-01-01T00:00:00Z");
  json.key("RootCert").value(certificate);
  json.key("IntermediateCerts").null();
  json.key("Active").value(true);
  json.key("PrivateKeyType").value("ec");
  json.key("PrivateKeyBits").value(key_bits);
  json.key("CreateIndex").value(ca_roots_index);
  json.key("ModifyIndex").value(ca_roots_index);
  json.end_object().end_array().end_object();
  return json.take();
}

}  // namespace tenure::agent
