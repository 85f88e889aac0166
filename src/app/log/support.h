// What the commands of the log share: where the log lies, and how a failure is told.
#pragma once

#include <string>

#include "app/log/commands.h"
#include "base/result.h"
#include "execlog/form/render.h"
#include "execlog/store/sqlite_reader.h"

namespace larkspur::app::log {

std::string directory_of(const Common& options);
execlog::SqliteReader reader_of(const Common& options);

// Tells `error` on standard error; kNo where there is no such thing, else kCouldNot.
int could_not(const Error& error);

// As wide as the terminal on standard output.
execlog::RenderOptions terminal();

}  // namespace larkspur::app::log
