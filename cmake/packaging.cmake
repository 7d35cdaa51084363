# cmake --install: a package that find_package(tenure) finds.
