// Stands between a server on standard streams and its client, and bends every message of the server's as real servers do
// that nobody has checked: what it says is still there, but not as anybody would like to read it.
//   node sloppy.mjs COMMAND...
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const [, , command, ...rest] = process.argv;
const child = spawn(command, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
process.stdin.pipe(child.stdin);
child.stdin.on('error', () => {});
child.on('exit', (code) => process.exit(code ?? 1));

let turn = 0; // of what is done in turns, so that two runs are the same

// JSON as some write it: 1 as 1.0, 0.01e2 or 10e-1, letters escaped, members from last to first, white space.
function spell(value) {
  if (typeof value === 'number') return spellNumber(value);
  if (typeof value === 'string') return spellString(value);
  if (Array.isArray(value)) return `[ ${value.map(spell).join(' ,')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.entries(value).map(([key, member]) => `${spellString(key)} :\t${spell(member)}`);
  return `{ ${members.reverse().join(', ')} }`;
}

function spellNumber(value) {
  if (!Number.isInteger(value) || Math.abs(value) > 1e15) return JSON.stringify(value);
  return [`${value}.0`, `${value}e0`, `${value}0E-1`][turn++ % 3];
}

function spellString(value) {
  const escaped = (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value).replace(/[/aeiou]/g, (c, at, all) => (all[at - 1] === '\\' || turn++ % 5 ? c : escaped(c)));
}

const LISTS = ['tools', 'prompts', 'resources', 'resourceTemplates'];

function bend(message) {
  const { result } = message;
  if (!result) return message;
  if (result.resultType === 'complete') delete result.resultType;
  delete result.ttlMs;
  delete result.cacheScope;
  for (const list of LISTS) {
    if (Array.isArray(result[list])) result[list] = result[list].map((item) => ({ ...item, futureMember: { n: 1 } }));
    if (Array.isArray(result[list]) && turn++ % 2) result[list].reverse();
  }
  return { ...message, result: { ...result, futureResult: [null, 1] }, futureMember: true };
}

function write(line) {
  process.stdout.write(`${line}\n`);
}

const note = (method, params) => write(spell({ jsonrpc: '2.0', method, ...(params && { params }) }));

write('Server ready on stdio!');
note('notifications/tools/list_changed');
note('notifications/message', { level: 'info', data: 'before anybody asked' });
note('notifications/future', { x: 1 });

createInterface({ input: child.stdout, crlfDelay: Infinity }).on('line', (line) => {
  write(['{"level":"debug","msg":"sending"}', '[1,', '', '\u0007\u00ff', 'null', '{"jsonrpc":"2.0","id":987654321,"result":{}}'][turn++ % 6]);
  write(`${spell(bend(JSON.parse(line)))}\r`);
});
