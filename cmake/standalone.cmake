# For a folder of programs that is configured as a project of its own, against an installed tenure:
# what the rest of this tree defines for its targets.
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
include("${CMAKE_CURRENT_LIST_DIR}/warnings.cmake")
option(TENURE_PCH "Use a precompiled header for what Asio costs" ON)
include("${CMAKE_CURRENT_LIST_DIR}/precompiled.cmake")
tenure_precompiled_header(tenure::tenure)
