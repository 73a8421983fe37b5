// Opens a mirror; knows of no server.
#include <playmirror/mirror.hpp>
#include <playmirror/version.hpp>

#include <iostream>

int main(int, char** arguments) {
  auto mirror = playmirror::Mirror::open(arguments[1]);
  std::cout << playmirror::kVersion << ": " << mirror.plays().recent(10).size() << " plays\n";
}
