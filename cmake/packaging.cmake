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

# The programs of apps/tenure and apps/tenure-cron. The target `tools` builds only these.
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

  # Links: other names of `tenure`.
  get_property(links GLOBAL PROPERTY TENURE_LINKS)
  foreach(link ${links})
    install(CODE "
      set(folder \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}\")
      file(MAKE_DIRECTORY \"\${folder}\")
      file(CREATE_LINK tenure \"\${folder}/${link}\" SYMBOLIC)" COMPONENT tools)
  endforeach()
  add_custom_target(tools DEPENDS ${tools} tenure_help)
endif()
