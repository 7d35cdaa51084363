# cmake --install: a package for find_package(tenure), with the public headers, the library (static
# and shared), its components, and the command-line tools. No layer is installed by itself, and no
# private header.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/tenure")
set(destinations
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT development
  LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT runtime
  NAMELINK_COMPONENT development)
install(TARGETS tenure_static tenure_shared EXPORT tenureTargets ${destinations})
install(EXPORT tenureTargets NAMESPACE tenure:: DESTINATION "${package_dir}"
  COMPONENT development)
# A file of targets for each component: who does not ask for it, does not need its dependencies.
get_property(components GLOBAL PROPERTY TENURE_COMPONENTS)
foreach(component ${components})
  install(TARGETS tenure_component_${component} EXPORT tenure_${component} ${destinations})
  install(EXPORT tenure_${component} NAMESPACE tenure:: DESTINATION "${package_dir}"
    FILE tenure_${component}.cmake COMPONENT development)
endforeach()
# For pkg-config; it finds the prefix from where the file is.
file(RELATIVE_PATH to_prefix "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
string(REGEX REPLACE "/$" "" to_prefix "${to_prefix}")
configure_file("${PROJECT_SOURCE_DIR}/cmake/tenure.pc.in" "${PROJECT_BINARY_DIR}/tenure.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/tenure.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig"
  COMPONENT development)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/lib/include/" DESTINATION include COMPONENT development
  FILES_MATCHING PATTERN "*.hpp")

configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/tenureConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/tenureConfig.cmake" INSTALL_DESTINATION "${package_dir}"
  NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/tenureConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/tenureConfig.cmake"
  "${PROJECT_BINARY_DIR}/tenureConfigVersion.cmake"
  "${PROJECT_SOURCE_DIR}/cmake/Findre2.cmake"
  DESTINATION "${package_dir}" COMPONENT development)

# The programs of apps/tenure and apps/tenure-cron. The target `tools` builds only these, and
# `installable` all that `cmake --install` needs.
if(TENURE_APPS)
  foreach(app tenure tenure-cron)
    get_property(targets DIRECTORY "${PROJECT_SOURCE_DIR}/apps/${app}"
      PROPERTY BUILDSYSTEM_TARGETS)
    foreach(target ${targets})
      get_target_property(type ${target} TYPE)
      if(type STREQUAL "EXECUTABLE")
        list(APPEND tools ${target})
      endif()
    endforeach()
  endforeach()
  install(TARGETS ${tools} RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT tools)
  # Completions and man pages. bash loads a completion by the name of the command.
  get_property(made GLOBAL PROPERTY TENURE_MADE)
  install(DIRECTORY "${made}/man/" DESTINATION "${CMAKE_INSTALL_MANDIR}/man1"
    COMPONENT tools OPTIONAL)
  install(DIRECTORY "${made}/bash/" COMPONENT tools OPTIONAL
    DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions")
  install(DIRECTORY "${made}/zsh/" COMPONENT tools OPTIONAL
    DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/site-functions")
  install(DIRECTORY "${made}/fish/" COMPONENT tools OPTIONAL
    DESTINATION "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d")

  # For systemd. The units name the programs by the prefix of this installation.
  set(systemd "${PROJECT_SOURCE_DIR}/packaging/systemd")
  foreach(unit tenure-agent tenure-cron tenure-sidecar@)
    install(CODE "
      set(bin \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}\")
      configure_file(\"${systemd}/${unit}.service.in\"
        \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/lib/systemd/system/${unit}.service\" @ONLY)"
      COMPONENT tools)
  endforeach()
  install(FILES "${systemd}/sysusers.conf" DESTINATION lib/sysusers.d RENAME tenure.conf
    COMPONENT tools)
  install(FILES "${systemd}/tmpfiles.conf" DESTINATION lib/tmpfiles.d RENAME tenure.conf
    COMPONENT tools)
  install(FILES "${systemd}/jobs-as-users.conf" COMPONENT tools
    DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/tenure/examples")

  # Links: other names of `tenure`.
  get_property(links GLOBAL PROPERTY TENURE_LINKS)
  foreach(link ${links})
    install(CODE "
      set(folder \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}\")
      file(MAKE_DIRECTORY \"\${folder}\")
      file(CREATE_LINK tenure \"\${folder}/${link}\" SYMBOLIC)" COMPONENT tools)
  endforeach()
  add_custom_target(tools DEPENDS ${tools} tenure_help)
  list(TRANSFORM components PREPEND tenure_component_ OUTPUT_VARIABLE component_targets)
  add_custom_target(installable DEPENDS tools tenure_static tenure_shared ${component_targets})
endif()
