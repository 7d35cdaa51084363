# One precompiled header for all targets that include Asio: it halves the compile time of a
# coroutine file. It is built once and shared (a copy takes 160 MB with g++), so all its users must
# compile with the same flags, warnings included.
# No file may rely on it: tests/toolchain compiles every public header without it.
#
# tenure_precompiled_header(ASIO): makes it; ASIO is the target that has Asio's headers.
function(tenure_precompiled_header asio)
  if(NOT TENURE_PCH)
    return()
  endif()
  set(source "${PROJECT_BINARY_DIR}/precompiled.cpp")
  file(CONFIGURE OUTPUT "${source}" CONTENT "// Carries the precompiled header.\n" @ONLY)
  add_library(tenure_precompiled OBJECT "${source}")
  target_link_libraries(tenure_precompiled PRIVATE ${asio} tenure_warnings)
  target_precompile_headers(tenure_precompiled PRIVATE
    <boost/asio.hpp> <boost/asio/experimental/awaitable_operators.hpp>
    <boost/asio/experimental/parallel_group.hpp>
    <algorithm> <chrono> <functional> <map> <memory> <optional> <string> <unordered_map> <vector>)
endfunction()

# tenure_precompile(TARGET): lets TARGET, which links tenure::asio, use the shared header.
function(tenure_precompile target)
  if(TARGET tenure_precompiled)
    target_precompile_headers(${target} REUSE_FROM tenure_precompiled)
  endif()
endfunction()
