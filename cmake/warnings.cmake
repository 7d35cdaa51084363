# The project's own warnings: private to its targets, never exported.
add_library(tenure_warnings INTERFACE)
target_compile_options(tenure_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # False alarms of g++ 12.2 at -O2 in coroutine frames and in std::string.
  target_compile_options(tenure_warnings INTERFACE
    -Wno-maybe-uninitialized -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds -Wno-dangling-pointer)
endif()
