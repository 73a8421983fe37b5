// What a connection string means, before anything is sent anywhere.

#include "sync/pg/conninfo.hpp"
#include "tests/cpp/support/environment.hpp"

#include <playmirror/error.hpp>

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

namespace playmirror::pg {
namespace {

using test::EnvironmentVariable;
using namespace std::string_literals;

/// The scheme stands apart from made-up passwords, lest one be taken for a leaked one.
std::string uri(std::string_view rest) { return "postgresql://" + std::string(rest); }

/// A world without any PG* setting, and with a home directory of its own.
class Conninfo : public ::testing::Test {
 protected:
  Conninfo() { std::filesystem::create_directories(home_); }
  ~Conninfo() override { std::filesystem::remove_all(home_); }

  void write_service_file(std::string_view text) const {
    std::ofstream(home_ / ".pg_service.conf") << text;
  }

  static std::string sslmode(const std::string& dsn, bool allow_plaintext = false) {
    const Target target = read_conninfo(dsn, {});
    return target.sslmode(target.endpoints.at(0), allow_plaintext);
  }

  static std::string message_for(const std::string& dsn) {
    try {
      static_cast<void>(read_conninfo(dsn, {}));
    } catch (const InvalidArgument& error) {
      EXPECT_EQ(error.code(), ErrorCode::bad_connection_options);
      return error.what() + error.hint();
    }
    return "accepted";
  }

  std::filesystem::path home_ = std::filesystem::temp_directory_path() /
                                ("playmirror-conninfo-" + std::to_string(::getpid()));
  EnvironmentVariable home_variable_{"HOME", home_.c_str()};
  EnvironmentVariable dsn_{"PLAYMIRROR_DSN", nullptr};
  EnvironmentVariable host_{"PGHOST", nullptr};
  EnvironmentVariable address_{"PGHOSTADDR", nullptr};
  EnvironmentVariable port_{"PGPORT", nullptr};
  EnvironmentVariable user_{"PGUSER", "somebody"};
  EnvironmentVariable password_{"PGPASSWORD", nullptr};
  EnvironmentVariable database_{"PGDATABASE", nullptr};
  EnvironmentVariable sslmode_{"PGSSLMODE", nullptr};
  EnvironmentVariable service_{"PGSERVICE", nullptr};
  EnvironmentVariable service_file_{"PGSERVICEFILE", nullptr};
};

TEST_F(Conninfo, TheArgumentComesBeforeTheVariableBeforeLibpqsOwn) {
  const EnvironmentVariable libpqs("PGHOST", "of-libpq");
  EXPECT_EQ(read_conninfo("", {}).endpoints[0].host, "of-libpq");
  const EnvironmentVariable ours("PLAYMIRROR_DSN", "host=of-playmirror");
  EXPECT_EQ(read_conninfo(" ", {}).endpoints[0].host, "of-playmirror");
  EXPECT_EQ(read_conninfo("host=of-argument", {}).endpoints[0].host, "of-argument");
  EXPECT_EQ(read_conninfo("dbname=x", {}).endpoints[0].host, "of-libpq");
}

TEST_F(Conninfo, AddsWhatPlaymirrorAsksFor) {
  const Options options = read_conninfo("host=h client_encoding=latin1", {}).options;
  EXPECT_EQ(options.at("client_encoding"), "UTF8");
  EXPECT_EQ(options.at("fallback_application_name"), "playmirror");
  EXPECT_EQ(options.at("keepalives"), "1");
  EXPECT_EQ(options.at("tcp_user_timeout"), "60000");
  EXPECT_FALSE(options.contains("options"));
}

TEST_F(Conninfo, WhatTheUserHasChosenStays) {
  const Options options =
      read_conninfo("keepalives=0 tcp_user_timeout=7 application_name=mine", {}).options;
  EXPECT_EQ(options.at("keepalives"), "0");
  EXPECT_EQ(options.at("tcp_user_timeout"), "7");
  EXPECT_EQ(options.at("application_name"), "mine");
}

TEST_F(Conninfo, ListsOfHostsKeepTheirOrderAndPorts) {
  const Target target =
      read_conninfo("postgresql://u@a:1,b,[::1]:3/d?target_session_attrs=prefer-standby", {});
  ASSERT_EQ(target.endpoints.size(), 3U);
  EXPECT_EQ(target.endpoints[0].name(), "a:1");
  EXPECT_EQ(target.endpoints[1].name(), "b:5432");
  EXPECT_EQ(target.endpoints[2].name(), "[::1]:3");
  EXPECT_EQ(target.options.at("target_session_attrs"), "prefer-standby");
  EXPECT_EQ(target.options.at("dbname"), "d");
  const Target one_port = read_conninfo("host=a,b port=7", {});
  EXPECT_EQ(one_port.endpoints[1].name(), "b:7");
  const Target addresses = read_conninfo("hostaddr=10.0.0.1,10.0.0.2 connect_timeout=3", {});
  EXPECT_EQ(addresses.endpoints[1].name(), "10.0.0.2:5432");
  EXPECT_EQ(addresses.patience.count(), 3);
}

TEST_F(Conninfo, KnowsWhatIsLocal) {
  const auto local = [](const char* dsn) { return read_conninfo(dsn, {}).endpoints[0].is_local(); };
  EXPECT_TRUE(local(""));
  EXPECT_TRUE(local("host=/run/postgresql"));
  EXPECT_TRUE(local("hostaddr=127.3.2.1"));
  EXPECT_TRUE(local("hostaddr=::1"));
  EXPECT_TRUE(local("host=db.example.org hostaddr=127.0.0.1"));
  EXPECT_FALSE(local("host=/run/postgresql hostaddr=10.0.0.1"));
  EXPECT_FALSE(local("hostaddr=128.0.0.1"));
  EXPECT_FALSE(local("hostaddr=0.0.0.0"));
  EXPECT_FALSE(local("hostaddr=fe80::1"));
}

TEST_F(Conninfo, WithoutAChoiceOnlyAnotherHostNeedsTls) {
  EXPECT_EQ(sslmode("hostaddr=10.0.0.1"), "require");
  EXPECT_EQ(sslmode("hostaddr=10.0.0.1", /*allow_plaintext=*/true), "prefer");
  EXPECT_EQ(sslmode("hostaddr=127.0.0.1"), "prefer");
  EXPECT_EQ(sslmode("host=/run/postgresql"), "prefer");
}

TEST_F(Conninfo, AChosenSslmodeIsRespectedWhereverItStands) {
  EXPECT_EQ(sslmode("hostaddr=10.0.0.1 sslmode=prefer"), "prefer");
  EXPECT_EQ(sslmode("hostaddr=10.0.0.1 sslmode=disable"), "disable");
  EXPECT_EQ(sslmode("hostaddr=127.0.0.1 sslmode=verify-full"), "verify-full");
  EXPECT_EQ(sslmode("hostaddr=10.0.0.1 sslmode=verify-ca", true), "verify-ca");
  write_service_file(
      "# music\n[other]\nsslmode=disable\n\n[plain]\nhostaddr=10.0.0.1\n"
      "[music]\nhostaddr=10.0.0.2\nsslmode=prefer\n");
  EXPECT_EQ(sslmode("service=music"), "prefer");
  EXPECT_EQ(sslmode("service=plain"), "require");
  EXPECT_EQ(sslmode("service=other hostaddr=10.0.0.1"), "disable");
  {
    const EnvironmentVariable by_environment("PGSERVICE", "music");
    EXPECT_EQ(sslmode(""), "prefer");
  }
  const EnvironmentVariable by_environment("PGSSLMODE", "prefer");
  EXPECT_EQ(sslmode("hostaddr=10.0.0.1"), "prefer");
}

TEST_F(Conninfo, TheServiceFileIsReadLikeLibpqDoes) {
  write_service_file(
      "[music]\nhost=nas.local\nport=6543\nuser=me\ndbname=library\npassword=M4RK\n");
  const Target target = read_conninfo("service=music port=1", {});
  EXPECT_EQ(target.endpoints[0].name(), "nas.local:1");
  EXPECT_EQ(target.options.at("dbname"), "library");
  EXPECT_EQ(target.secrets.shown("it is M4RK"), "it is ***");
  const std::string other = message_for("service=nonesuch");
  EXPECT_NE(other.find("service"), std::string::npos);
}

TEST_F(Conninfo, ThePasswordsOfEverySourceAreSecrets) {
  const EnvironmentVariable password("PGPASSWORD", "M4RK-env");
  EXPECT_EQ(read_conninfo("host=h", {}).secrets.shown("M4RK-env"), "***");
  const Target target = read_conninfo(uri("u:M4RK%40x@h/d?sslpassword=M4RK-key"), {});
  EXPECT_EQ(target.secrets.shown("M4RK@x M4RK-key"), "*** ***");
  EXPECT_EQ(read_conninfo("host=h", {}).secrets.shown("none is a word"), "none is a word");
}

TEST_F(Conninfo, NoRefusalRepeatsAnyOfTheString) {
  for (const std::string& dsn : std::vector<std::string>{
           uri("u:M4RK%@h/d"),
           uri("u:M4RK%zz@h/d"),
           uri("u:x@M4RK@h/d"),
           uri("u:1/M4RK@h/d"),
           uri("u:M4RK/x@h/d"),
           uri("u:x?M4RK/@h@/d"),
           uri("u:pw@h:M4RK/d"),
           uri("u:pw@h:1:M4RK/d"),
           uri("u:pw@[M4RK/d"),
           uri("u:pw@h/d?M4RK"),
           uri("u:pw@h/d?M4RK=1"),
           uri("u:pw@h/d?a=b=M4RK"),
           "host=h password=x M4RK",
           "host=h password=x M4RK=y",
           "host=h password='M4RK",
           "host=h port=M4RK",
           "host=h port=1,2,M4RK",
           "host=M4RK@h",
           "host='M4RK x'",
           "host=h sslmode=M4RK",
           "host=h target_session_attrs=M4RK",
           "host=h channel_binding=M4RK",
           "host=h gssencmode=M4RK",
           "M4RK",
           "M4RK host=h",
       }) {
    const std::string message = message_for(dsn);
    EXPECT_NE(message, "accepted") << dsn;
    EXPECT_EQ(message.find("M4RK"), std::string::npos) << message;
  }
  EXPECT_NE(message_for("host=h\0 x"s), "accepted");
}

TEST_F(Conninfo, AMalformedUriExplainsTheEscapes) {
  EXPECT_NE(message_for(uri("u:50%@h/d")).find("%25"), std::string::npos);
  EXPECT_NE(message_for(uri("u:a@b@h/d")).find("%40"), std::string::npos);
  EXPECT_NE(message_for("host=h user").find("host=..."), std::string::npos);
}

TEST_F(Conninfo, WellFormedOddStringsAreAccepted) {
  EXPECT_EQ(read_conninfo("postgresql://", {}).endpoints[0].name(), "localhost:5432");
  EXPECT_EQ(read_conninfo("postgres://%2Ftmp%2Fpg/music", {}).endpoints[0].host, "/tmp/pg");
  EXPECT_EQ(read_conninfo("postgresql:///d?host=/tmp&password=a@b", {}).options.at("dbname"), "d");
  EXPECT_EQ(read_conninfo("dbname='with space' user=o\\'brien", {}).options.at("user"), "o'brien");
}

TEST_F(Conninfo, NothingIsPrinted) {
  ::testing::internal::CaptureStderr();
  static_cast<void>(message_for(uri("u:M4RK%@h/d")));
  static_cast<void>(read_conninfo("host=h password=M4RK", {}));
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace playmirror::pg
