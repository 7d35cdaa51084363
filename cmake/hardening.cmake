# What makes an error in memory harder to use: for optimized builds, of which releases are made.
# Debug builds lack it, because _FORTIFY_SOURCE needs an optimizer, and sanitizer builds, because
# they check more. packaging/hardening.py looks at the installed binaries.
#
# All targets share one precompiled header, so the options are those of all targets.
include(CheckCXXCompilerFlag)

set(hardened OFF)
if(PROJECT_IS_TOP_LEVEL AND CMAKE_BUILD_TYPE MATCHES "^(Release|RelWithDebInfo|MinSizeRel)$"
   AND NOT CMAKE_CXX_FLAGS MATCHES "-fsanitize")
  set(hardened ON)
endif()
option(TENURE_HARDENED "Build with what hardens programs against errors in memory" ${hardened})
if(NOT TENURE_HARDENED)
  return()
endif()

# Level 3 also bounds what is allocated at run time. g++ 12.2 miscompiles enough coroutines.
set(fortify 3)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  set(fortify 2)
endif()
add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=${fortify})

# The last two exist on x86 and on ARM only.
foreach(flag -fstack-protector-strong -fstack-clash-protection -fcf-protection
    -mbranch-protection=standard)
  string(MAKE_C_IDENTIFIER "TENURE_HAS${flag}" known)
  check_cxx_compiler_flag(${flag} ${known})
  if(${known})
    add_compile_options(${flag})
  endif()
endforeach()

# Full RELRO: all addresses are looked up at the start, and then nothing can overwrite them.
add_link_options(LINKER:-z,relro LINKER:-z,now LINKER:-z,noexecstack)
