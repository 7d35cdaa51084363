// The token in a file that another program replaces.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <tenure/token_source.hpp>

#include "runtime/clock.hpp"

namespace tenure::consul {

/// What an empty file means at the start. Later it always means that the last token stays in use.
enum class empty_file { refused, no_token_yet };

/// As token_from_file(). Until the file has held a token, `until_then` is the token. Throws
/// bad_configuration.
std::shared_ptr<token_source> follow_token_file(
    std::string path, std::string until_then, empty_file when_empty, std::shared_ptr<log_sink> log,
    std::shared_ptr<const runtime::clock> clock = runtime::system_boot_clock());

/// Without the white space around it.
std::string trimmed_token(std::string_view text);
/// What is longer is no token, nor any other secret in a header.
inline constexpr std::size_t longest_secret = 4096;
/// Why it cannot be sent in a header, without the text itself; empty if it can.
std::string bad_secret(std::string_view text);

}  // namespace tenure::consul
