#pragma once

#include <playmirror/arrow_abi.hpp>
#include <playmirror/export.hpp>
#include <playmirror/table.hpp>

/// Tables for other programs, through Arrow's C interfaces: no copy, and no library needed. What is
/// exported shares the table's memory and keeps it alive until it is released.
///
/// What each ColumnType becomes:
///
/// - null, boolean, int64, float64, binary: null, bool, int64, float64, large_binary
/// - utf8: large_utf8, with offsets of 64 bits, since lyrics soon pass 2 GB
/// - json: large_utf8 with the extension name arrow.json
/// - date, timestamp: date32, timestamp[us, UTC]
/// - list: large_list of large_utf8
/// - dictionary: dictionary of int32 to large_utf8
namespace playmirror {

/// Fills `out` with a stream of the table: one struct array. A new stream for each call. The caller
/// owns it, and ends it by `out->release(out)`, from any thread.
PLAYMIRROR_EXPORT void export_stream(const Table& table, ArrowArrayStream* out);

/// Fills `out` with the schema of the table, a struct with one child for each column.
PLAYMIRROR_EXPORT void export_schema(const Table& table, ArrowSchema* out);

/// Fills both with one column: its type and its values.
PLAYMIRROR_EXPORT void export_column(const Column& column, ArrowSchema* schema, ArrowArray* array);

}  // namespace playmirror
