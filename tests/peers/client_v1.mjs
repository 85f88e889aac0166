// The official TypeScript client of the 2025-11-25 era. Prints one JSON line: what it negotiated, what it
// sees, what the tool answered.
//   node client_v1.mjs URL TOOL ARGUMENTS
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const [, , url, name, args] = process.argv;
const client = new Client({ name: 'client-v1', version: '1.0.0' });
const transport = new StreamableHTTPClientTransport(new URL(url));
await client.connect(transport);
const { tools } = await client.listTools();
const progress = [];
const result = await client.callTool({ name, arguments: JSON.parse(args) }, undefined, {
  onprogress: (update) => progress.push(update.progress),
});
console.log(
  JSON.stringify({
    version: transport.protocolVersion,
    session: transport.sessionId !== undefined,
    tools: tools.map((tool) => tool.name),
    progress,
    result,
  }),
);
await transport.terminateSession();
await client.close();
