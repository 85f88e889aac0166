// A server on the official SDK that speaks both eras over standard streams; --modern-only refuses initialize.
import { McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import * as z from 'zod/v4';

serveStdio(
  () => {
    const server = new McpServer({ name: 'server-v2', version: '1.0.0' }, { capabilities: { tools: {} } });
    const message = z.object({ message: z.string() });
    server.registerTool(
      'repeat',
      { description: 'Gives back a message.', inputSchema: message, outputSchema: message },
      async ({ message }) => ({ content: [{ type: 'text', text: message }], structuredContent: { message } }),
    );
    return server;
  },
  process.argv.includes('--modern-only') ? { legacy: 'reject' } : {},
);
