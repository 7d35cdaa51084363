# The installed programs and libraries are built with what cmake/hardening.cmake says.
include("${CMAKE_CURRENT_LIST_DIR}/steps.cmake")
step(${PYTHON} "${SOURCE}/packaging/hardening.py" "${PREFIX}")
