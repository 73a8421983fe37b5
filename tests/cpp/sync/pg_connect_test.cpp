// Connecting: to the right server, within the time, with errors that say what to do and keep the
// password to themselves.

#include "sync/pg/connection.hpp"
#include "tests/cpp/support/database.hpp"
#include "tests/cpp/support/environment.hpp"
#include "tests/cpp/support/listener.hpp"

#include <playmirror/error.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <string>
#include <thread>
#include <unistd.h>

namespace playmirror::pg {
namespace {

using Clock = std::chrono::steady_clock;
using test::Listener;
using namespace std::chrono_literals;

/// The failure to connect; the test fails when there is none, or when it is late.
class Connecting : public ::testing::Test {
 protected:
  struct Failure {
    ErrorCode code = ErrorCode::internal;
    std::string text = {};  ///< message and hint
    std::string sqlstate = {};
    bool retryable = false;
    Clock::duration took = {};
  };

  Failure fail(const std::string& dsn) {
    const auto start = Clock::now();
    Failure failure;
    try {
      Waiter waiter(control_, 30s);
      static_cast<void>(Connection::open(dsn, options_, waiter));
      ADD_FAILURE() << "this connected: " << dsn;
    } catch (const Error& error) {
      failure = {.code = error.code(),
                 .text = error.what() + (" | " + error.hint()),
                 .sqlstate = error.sqlstate(),
                 .retryable = error.retryable()};
    }
    failure.took = Clock::now() - start;
    EXPECT_LT(failure.took, options_.connect_timeout + 1s);
    return failure;
  }

  CallControl control_;
  ServerOptions options_{.connect_timeout = 1s};
};

class ConnectingForReal : public test::DatabaseTest {
 protected:
  CallControl control_;
  Waiter waiter_{control_, 10s};
};

TEST_F(ConnectingForReal, TellsWhereItIs) {
  const Connection connection = Connection::open(dsn(), {}, waiter_);
  EXPECT_TRUE(connection.usable());
  EXPECT_FALSE(connection.in_transaction());
  EXPECT_GE(connection.server_version(), 130'000);
  EXPECT_EQ(connection.database(), sql("SELECT current_database()"));
  EXPECT_EQ(connection.name(),
            "127.0.0.1:" + sql("SELECT inet_server_port()") + "/" + connection.database());
  EXPECT_TRUE(connection.transport().local);
  EXPECT_FALSE(connection.transport().verified);
  EXPECT_EQ(connection.wire().round_trips, 0);
}

TEST_F(ConnectingForReal, TheServerSeesTheNameAndTheEncoding) {
  Connection connection = Connection::open(dsn() + " client_encoding=latin1", {}, waiter_);
  EXPECT_EQ(connection.execute("SHOW client_encoding", "ask", waiter_)[0].text(0), "UTF8");
  EXPECT_EQ(connection.execute("SHOW application_name", "ask", waiter_)[0].text(0), "playmirror");
}

TEST_F(ConnectingForReal, AHostNameIsLookedUp) {
  const std::string port = sql("SELECT inet_server_port()");
  Connection connection = Connection::open(dsn() + " host=localhost", {}, waiter_);
  EXPECT_EQ(connection.name(), "localhost:" + port + "/" + connection.database());
  EXPECT_TRUE(connection.transport().local);
}

TEST_F(ConnectingForReal, TheVariableServesWhenThereIsNoArgument) {
  const test::EnvironmentVariable variable("PLAYMIRROR_DSN", dsn().c_str());
  EXPECT_TRUE(Connection::open("", {}, waiter_).usable());
}

TEST_F(ConnectingForReal, HostsThatDoNotAnswerArePassedOver) {
  const Listener silent(test::stay_silent);
  const std::string port = sql("SELECT inet_server_port()");
  const std::string ports = " port=1," + std::to_string(silent.port()) + ',' + port;
  const auto start = Clock::now();
  const Connection connection = Connection::open(
      dsn() + " host=127.0.0.1,127.0.0.1,127.0.0.1" + ports, {.connect_timeout = 2s}, waiter_);
  EXPECT_TRUE(connection.name().starts_with("127.0.0.1:" + port));
  EXPECT_LT(Clock::now() - start, 2s);
}

TEST_F(ConnectingForReal, TargetSessionAttrsAreRespected) {
  EXPECT_TRUE(Connection::open(dsn() + " target_session_attrs=read-write", {}, waiter_).usable());
  EXPECT_TRUE(
      Connection::open(dsn() + " target_session_attrs=prefer-standby", {}, waiter_).usable());
  EXPECT_THROW(
      static_cast<void>(Connection::open(dsn() + " target_session_attrs=standby", {}, waiter_)),
      ServerUnavailable);
}

TEST_F(ConnectingForReal, AWrongPasswordIsRefusedWithoutShowingIt) {
  const std::string role = "role_of_" + sql("SELECT current_database()");
  sql("CREATE ROLE " + role + " LOGIN PASSWORD 'right'");
  test::require_password(role);
  const std::string login = dsn() + " user=" + role;
  try {
    static_cast<void>(Connection::open(login + " password=M4RK", {}, waiter_));
    ADD_FAILURE();
  } catch (const AccessDenied& error) {
    EXPECT_EQ(error.code(), ErrorCode::authentication_failed);
    EXPECT_EQ(error.sqlstate(), "28P01");
    EXPECT_EQ(std::string(error.what()).find("M4RK"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find(role), std::string::npos);
  }
  try {
    static_cast<void>(Connection::open(login, {}, waiter_));
    ADD_FAILURE();
  } catch (const AccessDenied& error) {
    EXPECT_EQ(error.code(), ErrorCode::authentication_failed);
    EXPECT_FALSE(error.hint().empty());
  }
  EXPECT_TRUE(Connection::open(login + " password=right", {}, waiter_).usable());
  sql("DROP ROLE " + role);
}

TEST_F(ConnectingForReal, ADatabaseThatDoesNotExistIsNamed) {
  try {
    static_cast<void>(Connection::open(dsn() + " dbname=nonesuch", {}, waiter_));
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::server_refused);
    EXPECT_EQ(error.sqlstate(), "3D000");
    EXPECT_NE(std::string(error.what()).find("nonesuch"), std::string::npos);
  }
}

TEST_F(ConnectingForReal, AServerWithoutTlsIsRefusedForAnotherHostAndTheHintSaysHowToAllowIt) {
  if (sql("SHOW ssl") == "on") GTEST_SKIP() << "the server has TLS";
  // 0.0.0.0 leads to this machine, and is no loopback address.
  const std::string elsewhere = dsn() + " host=0.0.0.0";
  try {
    static_cast<void>(Connection::open(elsewhere, {}, waiter_));
    ADD_FAILURE();
  } catch (const AccessDenied& error) {
    EXPECT_EQ(error.code(), ErrorCode::encryption_refused);
    EXPECT_NE(error.hint().find("allow_plaintext"), std::string::npos);
    EXPECT_NE(error.hint().find("sslmode=disable"), std::string::npos);
    EXPECT_NE(error.hint().find("VPN"), std::string::npos);
  }
  EXPECT_TRUE(Connection::open(elsewhere, {.allow_plaintext = true}, waiter_).usable());
  EXPECT_TRUE(Connection::open(elsewhere + " sslmode=disable", {}, waiter_).usable());
  EXPECT_TRUE(Connection::open(elsewhere + " sslmode=prefer", {}, waiter_).usable());
  EXPECT_FALSE(
      Connection::open(elsewhere, {.allow_plaintext = true}, waiter_).transport().encrypted);
}

TEST_F(Connecting, NobodyListensIsUnreachable) {
  const Failure failure = fail("host=127.0.0.1 port=1 user=u password=M4RK");
  EXPECT_EQ(failure.code, ErrorCode::unreachable);
  EXPECT_TRUE(failure.retryable);
  EXPECT_NE(failure.text.find("127.0.0.1:1: Connection refused"), std::string::npos);
  EXPECT_EQ(failure.text.find("M4RK"), std::string::npos);
}

TEST_F(Connecting, ANameThatDoesNotExistIsUnreachable) {
  const Failure failure = fail("host=nonesuch.invalid user=u");
  EXPECT_EQ(failure.code, ErrorCode::unreachable);
  EXPECT_NE(failure.text.find("nonesuch.invalid:5432"), std::string::npos);
}

TEST_F(Connecting, ASocketDirectoryThatDoesNotExistIsUnreachable) {
  EXPECT_EQ(fail("host=/nonesuch user=u").code, ErrorCode::unreachable);
}

TEST_F(Connecting, AServerThatNeverAnswersIsGivenUpInTime) {
  const Listener silent(test::stay_silent);
  const Failure failure = fail(silent.dsn());
  EXPECT_EQ(failure.code, ErrorCode::unreachable);
  EXPECT_GE(failure.took, 900ms);
}

TEST_F(Connecting, AServerThatDribblesIsGivenUpInTime) {
  const Listener dribbling([](int socket, const std::stop_token& stop) {
    test::receive_startup(socket, stop);
    const std::string endless = test::message('E', std::string(10'000, 'x'));
    for (const char byte : endless) {
      if (stop.stop_requested()) return;
      test::send_all(socket, {&byte, 1});
      std::this_thread::sleep_for(30ms);
    }
  });
  EXPECT_EQ(fail(dribbling.dsn()).code, ErrorCode::unreachable);
}

TEST_F(Connecting, AStopRequestEndsIt) {
  const Listener silent(test::stay_silent);
  options_.connect_timeout = 20s;
  std::stop_source source;
  control_.stop = source.get_token();
  const std::jthread stopper([&] {
    std::this_thread::sleep_for(100ms);
    source.request_stop();
  });
  const Failure failure = fail(silent.dsn());
  EXPECT_EQ(failure.code, ErrorCode::cancelled);
  EXPECT_LT(failure.took, 1s);
}

TEST_F(Connecting, AnotherKindOfServerIsNotPostgresql) {
  const Listener http([](int socket, const std::stop_token& stop) {
    test::receive_startup(socket, stop);
    test::send_all(socket, "HTTP/1.1 400 Bad Request\r\n\r\n");
  });
  const Failure failure = fail(http.dsn());
  EXPECT_EQ(failure.code, ErrorCode::server_protocol);
  EXPECT_FALSE(failure.retryable);
}

TEST_F(Connecting, AServerThatHangsUpIsUnreachable) {
  const Listener closing([](int, const std::stop_token&) {});
  EXPECT_EQ(fail(closing.dsn()).code, ErrorCode::unreachable);
  const Listener midway([](int socket, const std::stop_token& stop) {
    test::receive_startup(socket, stop);
    test::send_all(socket, test::message('R', "12345678").substr(0, 7));
  });
  EXPECT_EQ(fail(midway.dsn()).code, ErrorCode::unreachable);
}

TEST_F(Connecting, HangingUpDuringTlsIsUnreachableAndNotARefusal) {
  const Listener closing([](int socket, const std::stop_token& stop) {
    test::receive_startup(socket, stop);
    test::send_all(socket, "S");
  });
  const Failure failure = fail(closing.dsn() + " sslmode=require");
  EXPECT_EQ(failure.code, ErrorCode::unreachable);
}

TEST_F(Connecting, GarbageInsteadOfTlsIsARefusal) {
  const Listener garbage([](int socket, const std::stop_token& stop) {
    test::receive_startup(socket, stop);
    test::send_all(socket, "S");
    static_cast<void>(test::receive(socket, 5, stop));  // the client has begun with TLS
    test::send_all(socket, std::string(200, '!'));
    test::stay_silent(socket, stop);
  });
  const Failure failure = fail(garbage.dsn() + " sslmode=require");
  EXPECT_EQ(failure.code, ErrorCode::encryption_refused) << failure.text;
}

TEST_F(Connecting, ServersThatMayServeLaterAreWorthARetry) {
  const Listener full([](int socket, const std::stop_token& stop) {
    test::receive_startup(socket, stop);
    test::send_all(socket, test::error_message("53300", "sorry, too many clients already"));
  });
  const Failure refused = fail(full.dsn());
  EXPECT_EQ(refused.code, ErrorCode::server_refused);
  EXPECT_EQ(refused.sqlstate, "53300");
  EXPECT_TRUE(refused.retryable);
  const Listener starting([](int socket, const std::stop_token& stop) {
    test::receive_startup(socket, stop);
    test::send_all(socket, test::error_message("57P03", "the database system is starting up"));
  });
  const Failure early = fail(starting.dsn());
  EXPECT_EQ(early.code, ErrorCode::unreachable);
  EXPECT_EQ(early.sqlstate, "57P03");
  EXPECT_TRUE(early.retryable);
}

/// Asks for the password in clear text and repeats it in its refusal.
void echo_password(int socket, const std::stop_token& stop) {
  test::receive_startup(socket, stop);
  test::send_all(socket, test::message('R', std::string("\0\0\0\3", 4)));
  const std::string password = test::receive_message(socket, stop).c_str();
  test::send_all(socket, test::error_message("28P01", "\x1b[31myour " + password + " is wrong"));
}

TEST_F(Connecting, AServerThatRepeatsThePasswordIsNotQuotedOnIt) {
  const Listener echo(echo_password);
  const Failure failure = fail(echo.dsn() + " password=M4RK-arg");
  EXPECT_EQ(failure.code, ErrorCode::authentication_failed);
  EXPECT_NE(failure.text.find("your *** is wrong"), std::string::npos);
  EXPECT_EQ(failure.text.find("M4RK"), std::string::npos);
  EXPECT_EQ(failure.text.find('\x1b'), std::string::npos);

  const test::EnvironmentVariable variable("PGPASSWORD", "M4RK-env");
  EXPECT_EQ(fail(echo.dsn()).text.find("M4RK"), std::string::npos);
}

TEST_F(Connecting, ThePasswordFileIsASecretToo) {
  const Listener echo(echo_password);
  const auto file =
      std::filesystem::temp_directory_path() / ("playmirror-pgpass-" + std::to_string(::getpid()));
  std::ofstream(file) << "127.0.0.1:*:*:*:M4RK-file\n";
  std::filesystem::permissions(file, std::filesystem::perms::owner_read);
  const Failure failure = fail(echo.dsn() + " passfile=" + file.string());
  std::filesystem::remove(file);
  EXPECT_NE(failure.text.find("your *** is wrong"), std::string::npos);
}

TEST_F(Connecting, AllEndpointsAreNamedWhenNoneAnswers) {
  const Failure failure = fail("host=127.0.0.1,127.0.0.1 port=1,2 user=u");
  EXPECT_NE(failure.text.find("127.0.0.1:1: "), std::string::npos);
  EXPECT_NE(failure.text.find("127.0.0.1:2: "), std::string::npos);
}

}  // namespace
}  // namespace playmirror::pg
