// The official TypeScript client of both eras, over HTTP or over standard streams. Prints one JSON line: what it
// negotiated, what it sees, what the tool answered.
//   node client_v2.mjs URL legacy|auto|modern TOOL ARGUMENTS
//   node client_v2.mjs stdio legacy|auto|modern TOOL ARGUMENTS COMMAND...
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';

const [, , url, mode, name, args, command, ...rest] = process.argv;
const client = new Client(
  { name: 'client-v2', version: '1.0.0' },
  { capabilities: {}, versionNegotiation: { mode: mode === 'modern' ? { pin: '2026-07-28' } : mode } },
);
const transport =
  url === 'stdio'
    ? new StdioClientTransport({ command, args: rest, stderr: 'ignore' })
    : new StreamableHTTPClientTransport(new URL(url));
await client.connect(transport);
const { tools } = await client.listTools();
const progress = [];
const result = await client.callTool(
  { name, arguments: JSON.parse(args) },
  { onprogress: (update) => progress.push(update.progress) },
);
console.log(
  JSON.stringify({
    era: client.getProtocolEra(),
    version: client.getNegotiatedProtocolVersion(),
    tools: tools.map((tool) => tool.name),
    progress,
    result,
  }),
);
await client.close();
