#include "app/log/support.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>

#include "app/commands.h"
#include "app/load_config.h"

namespace larkspur::app::log {

std::string directory_of(const Common& options) {
  return options.directory.empty() ? default_log_directory() : options.directory;
}

execlog::SqliteReader reader_of(const Common& options) {
  return execlog::SqliteReader(directory_of(options));
}

int could_not(const Error& error) {
  std::fprintf(stderr, "larkspur log: %s\n", error.message.c_str());
  return error.code == ErrorCode::kNotFound ? kNo : kCouldNot;
}

execlog::RenderOptions terminal() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    return {.width = size.ws_col};
  return {};
}

}  // namespace larkspur::app::log
