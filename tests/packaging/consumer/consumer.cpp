// Opens a mirror, then asks a server that is not there.
#include <playmirror/playmirror.hpp>

#include <iostream>

int main(int, char** arguments) {
  auto mirror = playmirror::Mirror::open(arguments[1]);
  std::cout << mirror.plays().recent(10).size() << " plays\n";
  try {
    playmirror::Server::connect("host=127.0.0.1 port=1");
  } catch (const playmirror::ServerUnavailable&) {
    std::cout << "no server\n";
  }
}
