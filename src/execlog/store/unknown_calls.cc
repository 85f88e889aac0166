#include "execlog/store/unknown_calls.h"

#include "execlog/form/json_form.h"

namespace larkspur::execlog {

Result<Record> unknown_call(std::string_view intent) {
  Result<Record> record = from_json(std::string(intent));
  if (!record) return record;
  record->status = Status::kUnknown;
  record->error =
      "The gateway stopped while this call was under way. Whether it took effect is not known: "
      "look "
      "at the backend before it is made again.";
  record->metadata = Metadata{.error_type = "unknown",
                              .error_code = "gateway_stopped",
                              .failure_stage = FailureStage::kInternal,
                              .caused_by = {},
                              .further = {}};
  return record;
}

}  // namespace larkspur::execlog
