# What users link, in the build tree and from the installed package. Each is made of the objects of
# some layers, and its include path has the public headers only.

# tenure_library(TARGET NAME STATIC|SHARED LAYERS layer... [PUBLIC target...] [PRIVATE target...])
#
# Defines the library tenure::NAME. The layer asio is Boost.Asio, compiled.
function(tenure_library target name kind)
  cmake_parse_arguments(ARG "" "" "LAYERS;PUBLIC;PRIVATE" ${ARGN})
  add_library(${target} ${kind})
  foreach(layer ${ARG_LAYERS})
    target_sources(${target} PRIVATE $<TARGET_OBJECTS:tenure_${layer}>)
  endforeach()
  set_target_properties(${target} PROPERTIES LINKER_LANGUAGE CXX EXPORT_NAME ${name})
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_include_directories(${target} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/lib/include> $<INSTALL_INTERFACE:include>)
  target_link_libraries(${target} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
  if(NOT TARGET tenure::${name})
    add_library(tenure::${name} ALIAS ${target})
  endif()
endfunction()

# tenure_component(NAME LAYERS layer... [PUBLIC target...] [PRIVATE target...])
#
# A static library for those who ask for it: find_package(tenure COMPONENTS NAME). In the build tree
# a layer of that name takes its place.
function(tenure_component name)
  tenure_library(tenure_component_${name} ${name} STATIC ${ARGN})
  set_target_properties(tenure_component_${name} PROPERTIES OUTPUT_NAME tenure_${name})
  set_property(GLOBAL APPEND PROPERTY TENURE_COMPONENTS ${name})
endfunction()
