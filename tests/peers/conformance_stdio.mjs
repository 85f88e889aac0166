// A server for the official conformance suite over standard streams, in both eras: conformance_surface.mjs.
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { makeServer, refresher } from './conformance_surface.mjs';

const changes = { tool: false, prompt: false };

serveStdio(() => {
  const { server, watched } = makeServer(changes, (kind, uri) => {
    if (kind !== 'resource') refresh(kind);
    else if (watched.has(uri)) server.server.sendResourceUpdated({ uri });
  });
  const refresh = refresher(server, changes);
  return server;
});
