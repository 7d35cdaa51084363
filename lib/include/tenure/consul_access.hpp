// As whom to ask Consul: the token, and the tenancy and datacenter that requests name.
#pragma once

#include <memory>
#include <string>
#include <tenure/token_source.hpp>
#include <utility>

namespace tenure {

/// Rights and place of requests. Set by chained calls, read by functions of the same names. Plain
/// values; copy it as you like. What is empty is not sent.
class consul_access {
 public:
  /// Sent as X-Consul-Token. Never logged.
  consul_access& token(std::string secret) {
    token_ = std::move(secret);
    source_.reset();
    return *this;
  }
  /// A token that changes. Equal accesses share the source.
  consul_access& token(std::shared_ptr<token_source> source) {
    source_ = std::move(source);
    token_.clear();
    return *this;
  }
  /// The namespace (Consul Enterprise).
  consul_access& name_space(std::string name) {
    name_space_ = std::move(name);
    return *this;
  }
  /// The admin partition (Consul Enterprise).
  consul_access& partition(std::string name) {
    partition_ = std::move(name);
    return *this;
  }
  /// Another datacenter than the agent's.
  consul_access& datacenter(std::string name) {
    datacenter_ = std::move(name);
    return *this;
  }

  /// The token for a request that begins now.
  std::string token() const { return source_ ? source_->token() : token_; }
  /// nullptr: the token does not change.
  const std::shared_ptr<token_source>& source() const noexcept { return source_; }
  /// As set; empty: that of the token.
  const std::string& name_space() const noexcept { return name_space_; }
  /// As set; empty: that of the agent.
  const std::string& partition() const noexcept { return partition_; }
  /// As set; empty: that of the agent.
  const std::string& datacenter() const noexcept { return datacenter_; }

  /// Throws bad_configuration for what cannot be sent: a token with a line end or of more than 4096
  /// bytes, a name of more than 255 bytes. Every object that sends it does this when it is made.
  void check() const;

  /// The same rights: token source, tenancy and datacenter.
  friend bool operator==(const consul_access&, const consul_access&) = default;

 private:
  std::string token_;
  std::shared_ptr<token_source> source_;
  std::string name_space_;
  std::string partition_;
  std::string datacenter_;
};

}  // namespace tenure
