// A server for the official conformance suite, in front of which the gateway is put: conformance_surface.mjs over Streamable HTTP.
//   node conformance_server.mjs [both|modern|legacy]
// Binds a free port of the loopback interface and says which: "listening on PORT" on stderr.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { NodeStreamableHTTPServerTransport, toNodeHandler, toWebRequest } from '@modelcontextprotocol/node';
import { createMcpHandler, isLegacyRequest } from '@modelcontextprotocol/server';
import { makeServer, refresher } from './conformance_surface.mjs';

const eras = process.argv[2] ?? 'both';
const changes = { tool: false, prompt: false };
const sessions = new Map();

// Keeps every event, so that a stream can be resumed.
class EventStore {
  events = [];
  async storeEvent(stream, message) {
    this.events.push({ stream, message });
    return `${stream}::${this.events.length}`;
  }
  async replayEventsAfter(lastEventId, { send }) {
    const [stream, position] = lastEventId.split('::');
    for (let i = Number(position); i < this.events.length; ++i) {
      const event = this.events[i];
      if (event.stream === stream && Object.keys(event.message).length) await send(`${stream}::${i + 1}`, event.message);
    }
    return stream;
  }
}

function changed(kind, uri) {
  const { notify } = modern;
  if (kind === 'tool') notify.toolsChanged();
  if (kind === 'prompt') notify.promptsChanged();
  if (kind === 'resource') notify.resourceUpdated(uri);
  for (const { server, watched, refresh } of sessions.values()) {
    if (kind === 'resource' && watched.has(uri)) server.server.sendResourceUpdated({ uri });
    if (kind !== 'resource') refresh(kind);
  }
}

const modern = createMcpHandler(() => makeServer(changes, changed).server, { legacy: 'reject' });
const serveModern = toNodeHandler(modern);

async function serveLegacy(request, response, body) {
  const id = request.headers['mcp-session-id'];
  if (sessions.has(id)) return sessions.get(id).transport.handleRequest(request, response, body);
  if (id) return refuse(response, 404, -32001, 'Session not found');
  const made = makeServer(changes, changed);
  const transport = new NodeStreamableHTTPServerTransport({
    sessionIdGenerator: () => randomUUID(),
    onsessioninitialized: (id) => sessions.set(id, { ...made, transport, refresh: refresher(made.server, changes) }),
    onsessionclosed: (id) => sessions.delete(id),
    eventStore: new EventStore(),
    retryInterval: 1000,
  });
  await made.server.connect(transport);
  return transport.handleRequest(request, response, body);
}

function refuse(response, status, code, message) {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ jsonrpc: '2.0', error: { code, message }, id: null }));
}

const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = chunks.length ? JSON.parse(Buffer.concat(chunks).toString()) : undefined;
  const legacy = request.method !== 'POST' || (await isLegacyRequest(await toWebRequest(request, body)));
  if (legacy && eras !== 'modern') return serveLegacy(request, response, body);
  if (!legacy && eras === 'legacy') return refuse(response, 400, -32000, 'Bad Request: no session');
  return serveModern(request, response, body);
});
server.listen(0, '127.0.0.1', () => console.error(`listening on ${server.address().port}`));
