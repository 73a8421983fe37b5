// Each SQLSTATE that matters to us means the right thing.

#include "sync/pg/failure.hpp"

#include <gtest/gtest.h>
#include <string>

namespace playmirror::pg {
namespace {

struct Case {
  const char* sqlstate;
  ErrorCode code;
  bool retryable;
  bool row_at_fault;
};

void PrintTo(const Case& value, std::ostream* stream) { *stream << value.sqlstate; }

class Classify : public ::testing::TestWithParam<Case> {};

TEST_P(Classify, KnowsTheMeaning) {
  const Classification meaning = classify({.sqlstate = GetParam().sqlstate, .message = "no"});
  EXPECT_EQ(to_string(meaning.code), to_string(GetParam().code));
  EXPECT_EQ(meaning.retryable, GetParam().retryable);
  EXPECT_EQ(meaning.row_at_fault, GetParam().row_at_fault);
}

TEST(ClassifyTables, TellsATableFromARowAndFromTheServer) {
  for (const char* of_table : {"0A000", "2200H", "3F000", "42501", "42703", "42P01", "55000"}) {
    const Classification meaning = classify({.sqlstate = of_table, .message = "no"});
    EXPECT_TRUE(meaning.table_at_fault) << of_table;
    EXPECT_FALSE(meaning.row_at_fault) << of_table;
  }
  for (const char* other :
       {"08006", "22001", "23505", "25006", "25P04", "40001", "53300", "57014", "P0001"}) {
    EXPECT_FALSE(classify({.sqlstate = other, .message = "no"}).table_at_fault) << other;
  }
}

constexpr auto kRefused = ErrorCode::server_refused;

INSTANTIATE_TEST_SUITE_P(
    Sqlstates, Classify,
    ::testing::Values(Case{"08000", ErrorCode::unreachable, true, false},
                      Case{"08006", ErrorCode::unreachable, true, false},
                      Case{"08P01", kRefused, false, false},  // PgBouncer's favourite
                      Case{"0A000", kRefused, false, false},  // feature_not_supported
                      Case{"09000", kRefused, false, true},   // triggered action
                      Case{"21000", kRefused, false, true},   // a trigger's subselect
                      Case{"22001", kRefused, false, true},   // string too long
                      Case{"22021", kRefused, false, true},   // not in the encoding
                      Case{"22P02", kRefused, false, true},   // invalid text representation
                      Case{"23502", kRefused, false, true},   // not null
                      Case{"23503", kRefused, false, true},   // foreign key
                      Case{"23505", kRefused, false, true},   // unique
                      Case{"23514", kRefused, false, true},   // check
                      Case{"25006", kRefused, false, false},  // read-only
                      Case{"25P02", kRefused, false, false},  // in a failed transaction
                      Case{"25P03", ErrorCode::unreachable, true, false},  // idle in transaction
                      Case{"25P04", kRefused, true, false},                // transaction_timeout
                      Case{"28000", ErrorCode::authentication_failed, false, false},
                      Case{"28P01", ErrorCode::authentication_failed, false, false},
                      Case{"3D000", kRefused, false, false},                    // no such database
                      Case{"3F000", ErrorCode::schema_mismatch, false, false},  // no such schema
                      Case{"40001", kRefused, true, false},                     // serialization
                      Case{"40P01", kRefused, true, false},                     // deadlock
                      Case{"42501", ErrorCode::permission_denied, false, false},
                      Case{"42601", kRefused, false, false},                    // syntax
                      Case{"42703", ErrorCode::schema_mismatch, false, false},  // no such column
                      Case{"42804", ErrorCode::schema_mismatch, false, false},  // wrong type
                      Case{"42883", ErrorCode::schema_mismatch, false, false},  // no such operator
                      Case{"428C9", ErrorCode::schema_mismatch, false,
                           false},  // a generated column
                      Case{"42P01", ErrorCode::schema_mismatch, false, false},  // no such table
                      Case{"44000", kRefused, false, true},                     // with check option
                      Case{"53100", kRefused, true, false},                     // disk full
                      Case{"53300", kRefused, true, false},                // too many connections
                      Case{"54000", kRefused, false, true},                // too large for an index
                      Case{"54001", kRefused, false, true},                // deep JSON
                      Case{"55P03", kRefused, true, false},                // lock not available
                      Case{"57014", kRefused, true, false},                // cancelled, timeout
                      Case{"57P01", ErrorCode::unreachable, true, false},  // shut down
                      Case{"57P03", ErrorCode::unreachable, true, false},  // starting up
                      Case{"57P04", kRefused, false, false},               // database dropped
                      Case{"P0001", kRefused, false, true},                // RAISE in a trigger
                      Case{"45000", kRefused, false, true},                // made up, for a RAISE
                      Case{"MU001", kRefused, false, true},                // likewise
                      Case{"XX000", kRefused, false, false}, Case{"", kRefused, false, false}));

TEST(ClassifyMessages, RowSecurityIsNotAMissingGrant) {
  const Diagnostics hidden = {
      .sqlstate = "42501",
      .message = R"(query would be affected by row-level security policy for table "tracks")"};
  EXPECT_EQ(classify(hidden).code, ErrorCode::row_security);
  EXPECT_FALSE(classify(hidden).row_at_fault);
  const Diagnostics translated = {
      .sqlstate = "42501", .message = "nein", .source = "check_enable_rls"};
  EXPECT_EQ(classify(translated).code, ErrorCode::row_security);
}

TEST(ClassifyMessages, APolicysCheckBlamesTheRow) {
  const Diagnostics check = {
      .sqlstate = "42501",
      .message = R"(new row violates row-level security policy for table "tracks")"};
  EXPECT_EQ(classify(check).code, ErrorCode::row_security);
  EXPECT_TRUE(classify(check).row_at_fault);
}

TEST(ClassifyMessages, PgBouncersLoginRefusalIsOne) {
  const Diagnostics refused = {.sqlstate = "08P01", .message = "SASL authentication failed"};
  EXPECT_EQ(classify(refused).code, ErrorCode::authentication_failed);
}

TEST(ClassifyMessages, AStalePlanIsWorthARetry) {
  const Diagnostics stale = {.sqlstate = "0A000",
                             .message = "cached plan must not change result type"};
  EXPECT_TRUE(classify(stale).retryable);
}

TEST(StatementFailedTest, SaysWhatWhyAndWhatToDo) {
  const StatementFailed error("read tracks", {.sqlstate = "42501",
                                              .message = "permission denied for table tracks",
                                              .detail = "Ask nicely."});
  EXPECT_STREQ(error.what(),
               "could not read tracks: permission denied for table tracks (42501). Ask nicely.");
  EXPECT_EQ(error.sqlstate(), "42501");
  EXPECT_EQ(error.code(), ErrorCode::permission_denied);
  EXPECT_NE(error.hint().find("GRANT"), std::string::npos);
  EXPECT_EQ(error.diagnostics().message, "permission denied for table tracks");
}

TEST(AsSqlstate, TakesOnlyWhatLooksLikeOne) {
  EXPECT_EQ(as_sqlstate("42P01"), "42P01");
  for (const char* other : {"", "4250", "425011", "42p01", "42\x1b[1"}) {
    EXPECT_EQ(as_sqlstate(other), "");
  }
}

}  // namespace
}  // namespace playmirror::pg
