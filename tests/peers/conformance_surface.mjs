// What the official conformance suite wants to find at a server: its tools, resources and prompts by name, on the
// official SDK. Each is written once; the SDK asks a legacy client by a request and a modern one by input_required.
import { acceptedContent, completable, createRequestStateCodec, fromJsonSchema, inputRequired, McpServer, ResourceTemplate }
  from '@modelcontextprotocol/server';
import * as z from 'zod/v4';

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';
const WAV = 'UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAAAAA==';
const PNG_BLOCK = { type: 'image', data: PNG, mimeType: 'image/png' };
const states = createRequestStateCodec({ key: 'of a server for tests: thirty-two bytes' });

const text = (value) => ({ content: [{ type: 'text', text: value }] });
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const form = (properties, required = Object.keys(properties)) => ({ type: 'object', properties, required });
const elicit = (message, requestedSchema) => inputRequired.elicit({ message, requestedSchema });
const sample = (prompt, maxTokens) =>
  inputRequired.createMessage({ messages: [{ role: 'user', content: { type: 'text', text: prompt } }], maxTokens });
const said = (ctx, key) => ctx.mcpReq.inputResponses?.[key];

// The whole answer to an elicitation, whatever the user did.
const describe = (answer) => `action=${answer.action}, content=${JSON.stringify(answer.content ?? {})}`;
function ask(key, request, finish) {
  return async (args, ctx) => {
    const answer = said(ctx, key);
    return answer ? finish(answer) : inputRequired({ inputRequests: { [key]: request(args) } });
  };
}

const SCHEMA_2020_12 = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: {
    address: {
      $anchor: 'addressDef',
      type: 'object',
      properties: { street: { type: 'string' }, city: { type: 'string' } },
    },
  },
  properties: {
    name: { type: 'string' },
    address: { $ref: '#/$defs/address' },
    contactMethod: { type: 'string', enum: ['phone', 'email'] },
    phone: { type: 'string' },
    email: { type: 'string' },
  },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
  then: { required: ['phone'] },
  else: { required: ['email'] },
  additionalProperties: false,
};

function addPlainTools(tool) {
  tool('test_simple_text', {}, () => text('This is a simple text response for testing.'));
  tool('test_image_content', {}, () => ({ content: [PNG_BLOCK] }));
  tool('test_audio_content', {}, () => ({ content: [{ type: 'audio', data: WAV, mimeType: 'audio/wav' }] }));
  tool('test_embedded_resource', {}, () => ({
    content: [{
      type: 'resource',
      resource: { uri: 'test://embedded-resource', mimeType: 'text/plain', text: 'This is an embedded resource content.' },
    }],
  }));
  tool('test_multiple_content_types', {}, () => ({
    content: [
      { type: 'text', text: 'Multiple content types test:' },
      PNG_BLOCK,
      { type: 'resource', resource: { uri: 'test://mixed-content-resource', mimeType: 'application/json', text: '{"test":"data","value":123}' } },
    ],
  }));
  tool('test_error_handling', {}, () => ({ ...text('This tool intentionally returns an error for testing'), isError: true }));
  tool('json_schema_2020_12_tool', fromJsonSchema(SCHEMA_2020_12), (args) => text(JSON.stringify(args)));
  tool('test_x_mcp_header',
    fromJsonSchema(form({ region: { type: 'string', 'x-mcp-header': 'Region', description: 'Where' } }, [])),
    ({ region }) => text(`region=${region}`));
}

function addTalkingTools(tool) {
  const steps = ['Tool execution started', 'Tool processing data', 'Tool execution completed'];
  tool('test_tool_with_logging', {}, async (_, ctx) => {
    for (const step of steps) {
      await ctx.mcpReq.log('info', step);
      await pause(50);
    }
    return text('logged');
  });
  tool('test_logging_tool', {}, async (_, ctx) => {
    await ctx.mcpReq.log('info', 'said to whoever listens');
    return text('logged');
  });
  tool('test_tool_with_progress', {}, async (_, ctx) => {
    const progressToken = ctx.mcpReq._meta?.progressToken;
    for (const progress of [0, 50, 100]) {
      if (progressToken !== undefined) {
        await ctx.mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress, total: 100 } });
      }
      await pause(50);
    }
    return text(String(progressToken));
  });
  tool('test_reconnection', {}, async (_, ctx) => {
    ctx.http?.closeSSE?.();
    await pause(100);
    return text('Reconnection test completed');
  });
}

// What the user is asked for in both eras.
function addAskingTools(tool) {
  tool('test_sampling', { prompt: z.string() },
    ask('answer', ({ prompt }) => sample(prompt, 100), (answer) => text(`LLM response: ${answer.content.text}`)));
  tool('test_elicitation', { message: z.string() },
    ask('answer',
      ({ message }) => elicit(message, form({
        username: { type: 'string', description: "User's response" },
        email: { type: 'string', description: "User's email address" },
      })),
      (answer) => text(`User response: ${describe(answer)}`)));
  tool('test_elicitation_sep1034_defaults', {},
    ask('answer', () => elicit('Please review the defaults', form({
      name: { type: 'string', default: 'John Doe' },
      age: { type: 'integer', default: 30 },
      score: { type: 'number', default: 95.5 },
      status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
      verified: { type: 'boolean', default: true },
    }, [])), (answer) => text(`Elicitation completed: ${describe(answer)}`)));
  const titled = (word) => [1, 2, 3].map((n) => ({ const: `value${n}`, title: `${['First', 'Second', 'Third'][n - 1]} ${word}` }));
  const options = ['option1', 'option2', 'option3'];
  tool('test_elicitation_sep1330_enums', {},
    ask('answer', () => elicit('Please choose', form({
      untitledSingle: { type: 'string', enum: options },
      titledSingle: { type: 'string', oneOf: titled('Option') },
      legacyEnum: { type: 'string', enum: ['opt1', 'opt2', 'opt3'], enumNames: ['Option One', 'Option Two', 'Option Three'] },
      untitledMulti: { type: 'array', items: { type: 'string', enum: options } },
      titledMulti: { type: 'array', items: { anyOf: titled('Choice') } },
    }, [])), (answer) => text(`Elicitation completed: ${describe(answer)}`)));
  tool('test_missing_capability', {},
    ask('answer', () => sample('Is anybody there?', 10), () => text('sampled')));
  tool('test_streaming_elicitation', {},
    ask('answer', () => elicit('Are you there?', form({ ok: { type: 'boolean' } })), () => text('elicited')));
}

// What only input_required can say: keys that the suite knows, state, several rounds. `capabilities` gives those of a
// legacy client, which does not declare them with every request.
function addInputRequiredTools(tool, capabilities) {
  const name = elicit('What is your name?', form({ name: { type: 'string' } }));
  const confirm = elicit('Please confirm', form({ ok: { type: 'boolean' } }));
  tool('test_input_required_result_elicitation', {}, async (_, ctx) => {
    const answer = acceptedContent(ctx.mcpReq.inputResponses, 'user_name', z.object({ name: z.string() }));
    return answer ? text(`Hello, ${answer.name}!`) : inputRequired({ inputRequests: { user_name: name } });
  });
  tool('test_input_required_result_sampling', {},
    ask('capital_question', () => sample('What is the capital of France?', 100), (answer) => text(answer.content.text)));
  tool('test_input_required_result_list_roots', {},
    ask('client_roots', () => inputRequired.listRoots(), (answer) => text(JSON.stringify(answer.roots))));
  const confirmWithState = async (_, ctx) => {
    if (said(ctx, 'confirm') && ctx.mcpReq.requestState()) return text('state-ok');
    return inputRequired({ inputRequests: { confirm }, requestState: await states.mint({ round: 1 }) });
  };
  tool('test_input_required_result_request_state', {}, confirmWithState);
  tool('test_input_required_result_tampered_state', {}, confirmWithState);
  tool('test_input_required_result_multiple_inputs', {}, async (_, ctx) => {
    const keys = ['user_name', 'greeting', 'client_roots'];
    if (keys.every((key) => said(ctx, key))) return text('all three came');
    return inputRequired({
      inputRequests: { user_name: name, greeting: sample('Generate a greeting', 50), client_roots: inputRequired.listRoots() },
      requestState: await states.mint({ round: 1 }),
    });
  });
  tool('test_input_required_result_multi_round', {}, async (_, ctx) => {
    const { name: known } = ctx.mcpReq.requestState() ?? {};
    const first = acceptedContent(ctx.mcpReq.inputResponses, 'step1', z.object({ name: z.string() }));
    const second = acceptedContent(ctx.mcpReq.inputResponses, 'step2', z.object({ color: z.string() }));
    if (known && second) return text(`${known} likes ${second.color}`);
    if (first) {
      return inputRequired({
        inputRequests: { step2: elicit('Step 2: What is your favorite color?', form({ color: { type: 'string' } })) },
        requestState: await states.mint({ round: 2, name: first.name }),
      });
    }
    return inputRequired({
      inputRequests: { step1: elicit('Step 1: What is your name?', form({ name: { type: 'string' } })) },
      requestState: await states.mint({ round: 1 }),
    });
  });
  tool('test_input_required_result_capabilities', {}, async (_, ctx) => {
    if (said(ctx, 'sampled') || said(ctx, 'elicited')) return text('asked');
    const declared = ctx.mcpReq.envelope?.['io.modelcontextprotocol/clientCapabilities'] ?? capabilities() ?? {};
    return inputRequired({
      inputRequests: {
        ...(declared.sampling && { sampled: sample('What can you do?', 10) }),
        ...(declared.elicitation && { elicited: confirm }),
      },
    });
  });
}

function addResources(server) {
  const fixed = (name, uri, mimeType, body) =>
    server.registerResource(name, uri, { description: `Resource ${name}`, mimeType }, async () => ({
      contents: [{ uri, mimeType, ...body }],
    }));
  fixed('static-text', 'test://static-text', 'text/plain', { text: 'This is the content of the static text resource.' });
  fixed('static-binary', 'test://static-binary', 'image/png', { blob: PNG });
  fixed('watched-resource', 'test://watched-resource', 'text/plain', { text: 'Watch me.' });
  server.registerResource('template', new ResourceTemplate('test://template/{id}/data', { list: undefined }),
    { description: 'A resource for each id', mimeType: 'application/json' },
    async (uri, { id }) => ({
      contents: [{
        uri: uri.href,
        mimeType: 'application/json',
        text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }),
      }],
    }));
}

function addPrompts(server) {
  const prompt = (name, argsSchema, callback) =>
    server.registerPrompt(name, { description: `Prompt ${name}`, ...(argsSchema && { argsSchema: z.object(argsSchema) }) }, callback);
  const user = (...content) => ({ messages: content.map((each) => ({ role: 'user', content: each })) });
  const words = (value) => ({ type: 'text', text: value });
  prompt('test_simple_prompt', null, () => user(words('This is a simple prompt for testing.')));
  prompt('test_prompt_with_arguments',
    { arg1: completable(z.string(), (value) => ['paris', 'park', 'party'].filter((each) => each.startsWith(value))), arg2: z.string() },
    ({ arg1, arg2 }) => user(words(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)));
  prompt('test_prompt_with_embedded_resource', { resourceUri: z.string() }, ({ resourceUri }) => user(
    { type: 'resource', resource: { uri: resourceUri, mimeType: 'text/plain', text: 'Embedded resource content for testing.' } },
    words('Please process the embedded resource above.')));
  prompt('test_prompt_with_image', null, () => user(PNG_BLOCK, words('Please analyze the image above.')));
  prompt('test_input_required_result_prompt', null, async (ctx) => {
    const answer = acceptedContent(ctx.mcpReq.inputResponses, 'user_context', z.object({ context: z.string() }));
    if (answer) return user(words(`In the context of ${answer.context}`));
    return inputRequired({
      inputRequests: { user_context: elicit('What context should the prompt use?', form({ context: { type: 'string' } })) },
    });
  });
}

// `changes` has the names that have been added since the start; changed(kind) tells whoever listens.
export function makeServer(changes, changed) {
  const server = new McpServer(
    { name: 'conformance-fixture', version: '1.0.0' },
    {
      capabilities: {
        tools: { listChanged: true }, prompts: { listChanged: true }, completions: {}, logging: {},
        resources: { listChanged: true, subscribe: true },
      },
      requestState: { verify: states.verify },
    },
  );
  const tool = (name, inputSchema, callback) => {
    const schema = inputSchema['~standard'] ? inputSchema : z.object(inputSchema);
    server.registerTool(name, { description: `Tool ${name}`, inputSchema: schema }, callback);
  };
  addPlainTools(tool);
  addTalkingTools(tool);
  addAskingTools(tool);
  addInputRequiredTools(tool, () => server.server.getClientCapabilities());
  addResources(server);
  addPrompts(server);
  for (const kind of ['tool', 'prompt']) {
    tool(`test_trigger_${kind}_change`, {}, () => {
      changes[kind] = !changes[kind];
      changed(kind);
      return text('changed');
    });
  }
  if (changes.tool) tool('test_added_tool', {}, () => text('new'));
  if (changes.prompt) {
    server.registerPrompt('test_added_prompt', { description: 'New' }, () => ({ messages: [] }));
  }
  const watched = new Set();
  server.server.setRequestHandler('resources/subscribe', ({ params }) => (watched.add(params.uri), {}));
  server.server.setRequestHandler('resources/unsubscribe', ({ params }) => (watched.delete(params.uri), {}));
  tool('test_trigger_resource_update', {}, () => {
    changed('resource', 'test://watched-resource');
    return text('updated');
  });
  return { server, watched };
}

// A session lives longer than one change, so what was added or taken away since is changed in place.
export function refresher(server, changes) {
  const added = {};
  return (kind) => {
    if (kind === 'tool' && changes.tool) {
      added.tool = server.registerTool('test_added_tool', { description: 'New' }, () => ({ content: [] }));
    } else if (kind === 'prompt' && changes.prompt) {
      added.prompt = server.registerPrompt('test_added_prompt', { description: 'New' }, () => ({ messages: [] }));
    } else {
      added[kind]?.remove();
    }
  };
}
