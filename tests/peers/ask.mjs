// An official client that asks what it is told to. Each line of stdin is a request {method, params}; each line of stdout
// is its answer as the client sees it: {"result":...}, or {"error":{code, message, data}}. The first line is what was negotiated.
//   node ask.mjs v1|legacy|auto|modern URL
import { createInterface } from 'node:readline';
import * as v1 from '@modelcontextprotocol/sdk/client/index.js';
import * as v1http from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import * as v2 from '@modelcontextprotocol/client';

const [, , mode, url] = process.argv;
const transport = mode === 'v1'
  ? new v1http.StreamableHTTPClientTransport(new URL(url))
  : new v2.StreamableHTTPClientTransport(new URL(url));
const info = { name: 'ask', version: '1.0.0' };
const capabilities = { sampling: {}, elicitation: { form: {}, url: {} }, roots: { listChanged: true } };
const client = mode === 'v1'
  ? new v1.Client(info, { capabilities })
  : new v2.Client(info, { capabilities, versionNegotiation: { mode: mode === 'modern' ? { pin: '2026-07-28' } : mode } });
await client.connect(transport);
console.log(JSON.stringify({ version: transport.protocolVersion ?? client.getNegotiatedProtocolVersion() }));

const methods = {
  'tools/list': 'listTools', 'tools/call': 'callTool',
  'prompts/list': 'listPrompts', 'prompts/get': 'getPrompt',
  'resources/list': 'listResources', 'resources/templates/list': 'listResourceTemplates', 'resources/read': 'readResource',
  'completion/complete': 'complete',
};
for await (const line of createInterface({ input: process.stdin })) {
  const { method, params } = JSON.parse(line);
  try {
    console.log(JSON.stringify({ result: await client[methods[method]](params) }));
  } catch ({ code, message, data }) {
    console.log(JSON.stringify({ error: { code, message, data } }));
  }
}
await transport.terminateSession?.();
await client.close();
