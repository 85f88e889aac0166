// What the commands of the log share: where the log lies, what a question asks for, and how a
// failure is told.
#pragma once

#include "app/log/commands.h"
#include "base/result.h"
#include "execlog/query.h"
#include "execlog/render.h"
#include "execlog/sqlite_reader.h"

namespace larkspur::app::log {

std::string directory_of(const Common& options);
execlog::SqliteReader reader_of(const Common& options);

// kInvalidArgument for a status or a time that is none, with what to write instead.
Result<execlog::Filter> filter_of(const ListOptions& options);

// Tells `error` on standard error; kNo where there is no such thing, else kCouldNot.
int could_not(const Error& error);

// As wide as the terminal on standard output.
execlog::RenderOptions terminal();

}  // namespace larkspur::app::log
