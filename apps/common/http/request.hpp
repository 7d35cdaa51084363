// A request to the HTTP server of a program, with its target split into path and query.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tenure/toolkit/http_message.hpp>

namespace tenure::apps {

class request {
 public:
  explicit request(runtime::http_request r);

  const std::string& method() const noexcept { return request_.method; }
  /// Decoded. A "%2F" stays as it is: it is part of a name and separates none.
  const std::string& path() const noexcept { return path_; }
  /// Decoded; empty for a parameter without a value.
  std::optional<std::string> query_param(std::string_view name) const;
  /// The first header of this name, in any case.
  std::optional<std::string> header(std::string_view name) const;
  /// Whether the client sent a body, or announced one that the server did not pass on.
  bool has_body() const noexcept;
  const std::string& body() const noexcept { return request_.body; }

 private:
  std::string_view target() const noexcept { return request_.target; }

  runtime::http_request request_;
  std::string path_;
};

}  // namespace tenure::apps
