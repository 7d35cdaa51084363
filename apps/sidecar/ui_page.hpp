// The status page: ui/page.html, put into the program when it is built.
#pragma once

#include <string_view>

namespace tenure::sidecar {

std::string_view ui_page() noexcept;

}  // namespace tenure::sidecar
