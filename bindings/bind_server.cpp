/// \file
/// The server side. Every call blocks with the GIL released, reports progress, and ends soon after
/// Ctrl-C or a set `stop`.

#include "bind.hpp"
#include "control.hpp"
#include "describe_options.hpp"
#include "describe_reports.hpp"
#include "gil.hpp"

#include <playmirror/record_members.hpp>
#include <playmirror/server.hpp>

#include <memory>
#include <string>
#include <utility>

namespace playmirror::python {

namespace {

/// A Server that Python threads may share: one call at a time.
class SharedServer {
 public:
  explicit SharedServer(Server server) : server_(std::move(server)) {}

  template <typename Call>
  auto run(Call&& call) {
    return turn_.run([&] { return call(server_); });
  }

  /// While a call is under way, the name as it was last: who wants to know it does not wait.
  const std::string& name() {
    std::string now;
    bool known = false;
    turn_.run_if_free([&] {
      now = server_.name();
      known = true;
    });
    if (known) name_ = std::move(now);
    return name_;
  }

 private:
  Turn turn_;
  Server server_;
  std::string name_ = server_.name();  // touched with the GIL
};

std::unique_ptr<SharedServer> connect(py::handle dsn, py::object progress, py::object stop,
                                      const py::kwargs& keywords) {
  const auto text = from_python<std::string>(dsn, "dsn");
  const auto options = from_keywords<ServerOptions>(keywords);
  const Control control(std::move(progress), std::move(stop));
  return without_gil([&] {
    return std::make_unique<SharedServer>(Server::connect(text, options, control.call()));
  });
}

py::object sync(SharedServer& server, Mirror& mirror, const py::dict& push, const py::dict& pull,
                py::object progress, py::object stop) {
  const SyncOptions options = {.push = from_keywords<PushOptions>(push),
                               .pull = from_keywords<PullOptions>(pull)};
  const Control control(std::move(progress), std::move(stop));
  return to_python(
      server.run([&](Server& called) { return called.sync(mirror, options, control.call()); }));
}

py::object pull(SharedServer& server, Mirror& mirror, py::object progress, py::object stop,
                const py::kwargs& keywords) {
  const auto options = from_keywords<PullOptions>(keywords);
  const Control control(std::move(progress), std::move(stop));
  return to_python(
      server.run([&](Server& called) { return called.pull(mirror, options, control.call()); }));
}

py::object push(SharedServer& server, Mirror& mirror, py::object progress, py::object stop,
                const py::kwargs& keywords) {
  const auto options = from_keywords<PushOptions>(keywords);
  const Control control(std::move(progress), std::move(stop));
  return to_python(
      server.run([&](Server& called) { return called.push(mirror, options, control.call()); }));
}

py::object verify(SharedServer& server, const Mirror& mirror, py::object progress, py::object stop,
                  const py::kwargs& keywords) {
  const auto options = from_keywords<VerifyOptions>(keywords);
  const Control control(std::move(progress), std::move(stop));
  return to_python(
      server.run([&](Server& called) { return called.verify(mirror, options, control.call()); }));
}

py::object track(SharedServer& server, py::handle id, py::object progress, py::object stop) {
  const auto text = from_python<std::string>(id, "id");
  const Control control(std::move(progress), std::move(stop));
  return to_python(server.run([&](Server& called) { return called.track(text, control.call()); }));
}

py::object repair(SharedServer& server, Mirror& mirror, py::object progress, py::object stop,
                  const py::kwargs& keywords) {
  const auto options = from_keywords<RepairOptions>(keywords);
  const Control control(std::move(progress), std::move(stop));
  return to_python(
      server.run([&](Server& called) { return called.repair(mirror, options, control.call()); }));
}

py::object doctor(SharedServer& server, py::object progress, py::object stop) {
  const Control control(std::move(progress), std::move(stop));
  return to_python(server.run([&](Server& called) { return called.doctor(control.call()); }));
}

}  // namespace

void bind_server(py::module_& module) {
  const auto progress = py::arg("progress");
  const auto stop = py::arg("stop");
  py::class_<SharedServer, Held<SharedServer>>(module, "Server")
      .def_static("connect", &connect, py::arg("dsn"), progress, stop)
      .def("close",
           [](SharedServer& server) { server.run([](Server& called) { called.close(); }); })
      .def("name", [](SharedServer& server) { return to_python(server.name()); })
      .def("sync", &sync, py::arg("mirror"), py::arg("push"), py::arg("pull"), progress, stop)
      .def("pull", &pull, py::arg("mirror"), progress, stop)
      .def("push", &push, py::arg("mirror"), progress, stop)
      .def("verify", &verify, py::arg("mirror"), progress, stop)
      .def("track", &track, py::arg("id"), progress, stop)
      .def("repair", &repair, py::arg("mirror"), progress, stop)
      .def("doctor", &doctor, progress, stop);
}

}  // namespace playmirror::python
