# A layer of the library is a folder below lib/ and, in the build tree, a static library. Its files
# are included as "LAYER/file.hpp", and only by targets that link it: each layer's include path is a
# folder that holds nothing but a link to that layer. So the dependency rule
#   text <- core <- runtime <- wire <- {consul <- election, agent} <- testing
# is kept by the compiler. What is installed is made of the layers' objects: cmake/libraries.cmake.
#
# tenure_layer(NAME SOURCES file... PUBLIC target... PRIVATE target...)
function(tenure_layer name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  set(root "${PROJECT_BINARY_DIR}/layers/${name}")
  file(MAKE_DIRECTORY "${root}")
  file(CREATE_LINK "${CMAKE_CURRENT_SOURCE_DIR}" "${root}/${name}" SYMBOLIC)
  add_library(tenure_${name} STATIC ${ARG_SOURCES})
  add_library(tenure::${name} ALIAS tenure_${name})
  target_include_directories(tenure_${name} PUBLIC "${PROJECT_SOURCE_DIR}/lib/include" "${root}")
  target_compile_features(tenure_${name} PUBLIC cxx_std_20)
  target_link_libraries(tenure_${name} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE} tenure_warnings)
  if(NOT name MATCHES "^(text|core)$")  # these know no Asio
    tenure_precompile(tenure_${name})
  endif()
endfunction()
