# One precompiled header for all that includes Asio: it halves the time of a coroutine file. It is
# built once and shared (160 MB a copy with g++), so whoever uses it compiles with the same flags,
# warnings included.
# No file may rely on it: every header is also compiled alone, without it (tests/toolchain).
function(tenure_precompiled_header)
  if(NOT TENURE_PCH)
    return()
  endif()
  set(source "${PROJECT_BINARY_DIR}/precompiled.cpp")
  file(CONFIGURE OUTPUT "${source}" CONTENT "// Carries the precompiled header.\n" @ONLY)
  add_library(tenure_precompiled OBJECT "${source}")
  target_link_libraries(tenure_precompiled PRIVATE tenure::asio tenure_warnings)
  target_precompile_headers(tenure_precompiled PRIVATE
    <boost/asio.hpp> <boost/asio/experimental/awaitable_operators.hpp>
    <boost/asio/experimental/parallel_group.hpp>
    <algorithm> <chrono> <functional> <map> <memory> <optional> <string> <unordered_map> <vector>)
endfunction()

# tenure_precompile(TARGET): TARGET links tenure::asio and uses the shared header.
function(tenure_precompile target)
  if(TARGET tenure_precompiled)
    target_precompile_headers(${target} REUSE_FROM tenure_precompiled)
  endif()
endfunction()
