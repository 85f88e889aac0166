// An agent's side of the demo, with the official TypeScript client. Sends the script, then does the same
// work the old way, one tool call after the other, and compares.
//   node client.mjs URL SCRIPT FOLDER TODAY
import { readFileSync } from 'node:fs';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

const [, , url, scriptFile, folder, today] = process.argv;
const client = new Client(
  { name: 'larkspur-demo', version: '1.0.0' },
  { capabilities: {}, versionNegotiation: { mode: { pin: '2026-07-28' } } },
);
await client.connect(new StreamableHTTPClientTransport(new URL(url)));
const { tools } = await client.listTools();
console.log(`connected: MCP ${client.getNegotiatedProtocolVersion()}, ${tools.length} tools from three servers\n`);

const tally = () => ({ trips: 0, bytes: 0, ms: 0 });
async function call(cost, name, args) {
  const start = performance.now();
  const result = await client.callTool({ name, arguments: args });
  cost.ms += performance.now() - start;
  cost.trips += 1;
  cost.bytes += Buffer.byteLength(JSON.stringify(result.content));
  if (result.isError) throw new Error(`${name}: ${result.content[0].text}`);
  return result;
}

// The first call of a session compiles the client's schemas; it is left out of the comparison.
await client.callTool({ name: 'files_list_allowed_directories', arguments: {} });

// 1. One script.
const script = tally();
const answer = await call(script, 'execute_tool_script', {
  script: readFileSync(scriptFile, 'utf8'),
  data: { folder, today },
});
console.log(JSON.stringify(answer.structuredContent, null, 2));

// 2. The same calls one by one, as an agent without code mode must make them: each answer goes through
// the model before the next call.
const single = tally();
const listing = await call(single, 'files_list_directory', { path: folder });
const notes = listing.structuredContent.content
  .split('\n')
  .map((line) => line.replace('[FILE] ', ''))
  .filter((name) => name.endsWith('.md') && name !== 'HANDOVER.md');
for (const name of notes) await call(single, 'files_read_text_file', { path: `${folder}/${name}` });
for (const location of ['Chicago', 'Los Angeles', 'New York']) {
  await call(single, 'office_get-structured-content', { location });
}
await call(single, 'graph_create_entities', { entities: [] });
await call(single, 'graph_create_relations', { relations: [] });
await call(single, 'files_write_file', {
  path: `${folder}/HANDOVER.md`,
  content: readFileSync(`${folder}/HANDOVER.md`, 'utf8'),
});

const row = (label, cost) =>
  `  ${label.padEnd(22)}${String(cost.trips).padStart(6)}${String(cost.bytes).padStart(16)}${cost.ms.toFixed(1).padStart(12)}`;
console.log(`\n  ${''.padEnd(22)}${'trips'.padStart(6)}${'bytes to model'.padStart(16)}${'tool ms'.padStart(12)}`);
console.log(row('one script', script));
console.log(row('one call at a time', single));
console.log(`  and ${single.trips - script.trips} more turns of the model, which take seconds each.`);
await client.close();
