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

# Writes and installs the pkg-config file `package`, which belongs to the component `component`.
# The rest is what a static library passes on to its users; a shared one carries it.
function(playmirror_install_pkgconfig package component)
  cmake_parse_arguments(PARSE_ARGV 2 static "" "REQUIRES;LIBS;CFLAGS" "")
  if(BUILD_SHARED_LIBS)
    set(static_REQUIRES "")
    set(static_LIBS "")
    set(static_CFLAGS "")
  endif()
  configure_file(cmake/${package}.pc.in ${package}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${package}.pc COMPONENT ${component}
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endfunction()

playmirror_install(playmirror_core core)
playmirror_install_pkgconfig(playmirror-core core REQUIRES sqlite3
  LIBS "-lboost_filesystem -ldate-tz -lzip -pthread" CFLAGS -DPLAYMIRROR_STATIC)
if(PLAYMIRROR_SYNC)
  playmirror_install(playmirror playmirror)
  playmirror_install_pkgconfig(playmirror playmirror REQUIRES libpq)
endif()

configure_package_config_file(cmake/playmirrorConfig.cmake.in playmirrorConfig.cmake
  INSTALL_DESTINATION ${config_dir} NO_SET_AND_CHECK_MACRO)
# Until 1.0 each minor version may change the API.
write_basic_package_version_file(playmirrorConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/playmirrorConfig.cmake
  ${PROJECT_BINARY_DIR}/playmirrorConfigVersion.cmake cmake/FindLibZip.cmake
  DESTINATION ${config_dir} COMPONENT core)
