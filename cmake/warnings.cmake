# The project's warnings: private to its targets, never exported. They are errors with the compilers
# that build the project every day; other compilers warn about other things.
# Not -Wnon-virtual-dtor: Boost's error_category has no virtual destructor.
set(werror OFF)
if(PROJECT_IS_TOP_LEVEL AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU"
   AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  set(werror ON)
elseif(PROJECT_IS_TOP_LEVEL AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang"
       AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 20)
  set(werror ON)
endif()
option(TENURE_WERROR "Warnings are errors" ${werror})

add_library(tenure_warnings INTERFACE)
target_compile_options(tenure_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Woverloaded-virtual
  $<$<BOOL:${TENURE_WERROR}>:-Werror>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12.2 at -O2 reports these falsely in coroutine frames and in std::string.
  target_compile_options(tenure_warnings INTERFACE
    -Wno-maybe-uninitialized -Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread
    -Wno-array-bounds -Wno-dangling-pointer)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # std::stable_sort of libstdc++ 12 uses a function that C++17 deprecated; clang warns its callers.
  target_compile_options(tenure_warnings INTERFACE -Wno-deprecated-declarations)
endif()
