// The official TypeScript client of the 2025-11-25 era begins a call, loses its connections as soon as it has a
// resumption token, and fetches the answer with a second client of the same session. Prints one JSON line.
//   node resume_v1.mjs URL TOOL ARGUMENTS
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js';

const [, , url, name, args] = process.argv;
const request = { method: 'tools/call', params: { name, arguments: JSON.parse(args) } };
const identity = { name: 'resume-v1', version: '1.0.0' };

const first = new Client(identity);
first.onerror = () => {};
const broken = new StreamableHTTPClientTransport(new URL(url));
await first.connect(broken);
let token;
await new Promise((resolve) => {
  const onresumptiontoken = (given) => {
    token = given;
    resolve();
  };
  first.request(request, CallToolResultSchema, { onresumptiontoken }).catch(() => {});
});
const sessionId = broken.sessionId;
await broken.close(); // cuts the connections; the session stays

const second = new Client(identity);
const transport = new StreamableHTTPClientTransport(new URL(url), { sessionId });
await second.connect(transport);
const result = await second.request(request, CallToolResultSchema, { resumptionToken: token });
console.log(JSON.stringify({ token, result }));
await transport.terminateSession();
await second.close();
