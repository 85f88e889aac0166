// A script's outcome as the result of the tool call that asked for it.
#pragma once

#include "call/script_engine.h"
#include "call/tool_source.h"

namespace larkspur::codemode {

// Success: the result as text and as structuredContent.result, the printed lines beside it.
// Failure: isError with the engine's message, place and call stack, the lines so far and the calls
// that had run.
call::CallResult answer(const call::ScriptOutcome& outcome);

}  // namespace larkspur::codemode
