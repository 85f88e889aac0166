#include <cstdio>

#include "app/commands.h"
#include "app/load_config.h"
#include "json/writer.h"

namespace larkspur::app {

namespace {

void write_problems(json::Writer& writer, std::string_view key, const config::Problems& problems) {
  writer.key(key).begin_array();
  for (const config::Problem& each : problems) {
    writer.begin_object().key("file").string(each.file);
    writer.key("line").integer(each.line).key("column").integer(each.column);
    writer.key("message").string(each.message).end_object();
  }
  writer.end_array();
}

void print_json(const config::Problems& errors, const config::Problems& warnings) {
  json::Writer writer;
  writer.begin_object().key("ok").boolean(errors.empty());
  write_problems(writer, "errors", errors);
  write_problems(writer, "warnings", warnings);
  writer.end_object();
  std::printf("%s\n", writer.text().c_str());
}

void print_text(const config::Problems& problems, const char* kind) {
  for (const config::Problem& each : problems) {
    std::fprintf(stderr, "%s%s\n", kind, each.to_string().c_str());
  }
}

}  // namespace

int check(const CheckOptions& options) {
  config::LoadOptions how;
  how.resolve_secrets = options.secrets;
  const auto loaded = load_config(options.config, how);
  const config::Problems errors = loaded ? config::Problems{} : loaded.error();
  const config::Problems warnings = loaded ? loaded->warnings : config::Problems{};
  if (options.json) {
    print_json(errors, warnings);
  } else {
    print_text(errors, "");
    print_text(warnings, "warning: ");
    if (loaded) {
      std::printf("good: %zu backends, code mode %s\n", loaded->value.backends.size(),
                  loaded->value.code_mode.enabled ? "on" : "off");
    }
  }
  if (loaded) return kYes;
  // A problem without a place is one of the file as a whole: it could not be read.
  return errors.front().line == 0 && errors.size() == 1 ? kCouldNot : kNo;
}

}  // namespace larkspur::app
