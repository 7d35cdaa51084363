// The status page: page.html, embedded into the program by the build.
#pragma once

#include <string_view>

namespace tenure::sidecar {

std::string_view ui_page() noexcept;

}  // namespace tenure::sidecar
