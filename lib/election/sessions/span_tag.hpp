// The span in a session's name: " span=15000ms" at its end. A successor with a shorter span reads
// it and waits for the holder's.
#pragma once

#include <string>
#include <tenure/time.hpp>

namespace tenure::impl {

/// `name` with the span appended.
std::string name_with_span(const std::string& name, duration span);

/// The span that a session's name carries; zero where it carries none.
duration span_in_name(const std::string& session_name) noexcept;

}  // namespace tenure::impl
