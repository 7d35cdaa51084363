# ./components: what a consumer must have for the components that it asks for, and no more.
include("${CMAKE_CURRENT_LIST_DIR}/steps.cmake")
file(REMOVE_RECURSE "${SCRATCH}")
set(project ${configure} -S "${CMAKE_CURRENT_LIST_DIR}/components" -B)
set(no_re2 -DCMAKE_DISABLE_FIND_PACKAGE_re2=ON)
set(no_spdlog -DCMAKE_DISABLE_FIND_PACKAGE_spdlog=ON)

step(${project} "${SCRATCH}/none" ${no_re2} ${no_spdlog})
step(${project} "${SCRATCH}/toolkit" -DCOMPONENTS=toolkit ${no_re2} ${no_spdlog})
refused("The component agent needs re2, which was not found"
  ${project} "${SCRATCH}/no_re2" -DCOMPONENTS=agent ${no_re2})
refused("The component spdlog needs spdlog, which was not found"
  ${project} "${SCRATCH}/no_spdlog" -DCOMPONENTS=spdlog ${no_spdlog})
refused("The component lightning is not installed"
  ${project} "${SCRATCH}/no_such" -DCOMPONENTS=lightning)

# The example of the documentation that has an agent in its process.
step(${PYTHON} "${SOURCE}/tests/toolchain/extract_example.py" "${SOURCE}/docs/library.md" agent
  "${SCRATCH}/embedded.cpp")
step(${project} "${SCRATCH}/agent" "-DCOMPONENTS=agent\;toolkit" ${no_spdlog}
  "-DEMBEDDED=${SCRATCH}/embedded.cpp")
step(${CMAKE_COMMAND} --build "${SCRATCH}/agent")
step("${SCRATCH}/agent/embedded")

# A logger of the program's takes the library's lines, with either form of the library.
step(${project} "${SCRATCH}/spdlog" -DCOMPONENTS=spdlog ${no_re2})
step(${CMAKE_COMMAND} --build "${SCRATCH}/spdlog")
step("${SCRATCH}/spdlog/logging_static")
step("${SCRATCH}/spdlog/logging_shared")
