# What an installed playmirror consists of: libraries, headers, a CMake package with the components
# `core` and `playmirror`, and two pkg-config files.
include(CMakePackageConfigHelpers)

set(config_dir ${CMAKE_INSTALL_LIBDIR}/cmake/playmirror)

# Installs the library `target` with its headers, as the component `name` of the CMake package.
function(playmirror_install target name)
  install(TARGETS ${target} EXPORT ${name}Targets COMPONENT ${name}
    FILE_SET HEADERS COMPONENT ${name})
  install(EXPORT ${name}Targets NAMESPACE playmirror:: COMPONENT ${name}
    DESTINATION ${config_dir} FILE playmirror-${name}Targets.cmake)
endfunction()

# Writes and installs the pkg-config file `template`. A static library passes on what it links.
function(playmirror_install_pkgconfig template name)
  if(BUILD_SHARED_LIBS)
    set(static_requires "")
    set(static_libs "")
    set(static_cflags "")
  endif()
  configure_file(cmake/${template}.pc.in ${template}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${template}.pc COMPONENT ${name}
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endfunction()

set(static_cflags " -DPLAYMIRROR_STATIC")
set(static_libs " -lboost_filesystem -pthread")
set(static_requires "sqlite3")
playmirror_install(playmirror_core core)
playmirror_install_pkgconfig(playmirror-core core)

if(PLAYMIRROR_SYNC)
  set(static_requires ", libpq")
  playmirror_install(playmirror playmirror)
  playmirror_install_pkgconfig(playmirror playmirror)
endif()

configure_package_config_file(cmake/playmirrorConfig.cmake.in playmirrorConfig.cmake
  INSTALL_DESTINATION ${config_dir} NO_SET_AND_CHECK_MACRO)
# Until 1.0 each minor version may change the API.
write_basic_package_version_file(playmirrorConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/playmirrorConfig.cmake
  ${PROJECT_BINARY_DIR}/playmirrorConfigVersion.cmake
  DESTINATION ${config_dir} COMPONENT core)
