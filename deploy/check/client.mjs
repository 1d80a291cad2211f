// A client of MCP that knows just enough to ask for the tools, and what else the
// checks share.

import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** Longest time for a start and an answer, in milliseconds: to end a check that hangs. */
const limit = 60_000;

/** cleanEnvironment is one that holds nothing of this user's: a home below work, and the path. */
export function cleanEnvironment(work) {
  return { HOME: mkdtempSync(join(work, 'home-')), PATH: process.env.PATH };
}

/**
 * askTools starts a server and returns the names of its tools, what it wrote to
 * stderr, and its exit code once its input has ended. Where it ends without an
 * answer, tools is null.
 */
export function askTools(command, args, env) {
  const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
  const late = setTimeout(() => child.kill('SIGKILL'), limit);
  const send = (message) => child.stdin.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\n');
  let tools = null;
  let stderr = '';
  child.stderr.on('data', (data) => { stderr += data; });
  child.stdin.on('error', () => {}); // it has ended; its exit says why
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { id, result } = JSON.parse(line);
    if (id === 1) {
      send({ method: 'notifications/initialized' });
      send({ id: 2, method: 'tools/list' });
    } else if (id === 2) {
      tools = result.tools.map(({ name }) => name);
      child.stdin.end();
    }
  });
  send({ id: 1, method: 'initialize', params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'check', version: '1' } } });
  return new Promise((done, failed) => {
    child.on('error', failed);
    child.on('close', (code, signal) => {
      clearTimeout(late);
      done({ tools, stderr, code, signal });
    });
  });
}

/** hasTools asks for the tools, expects those of the catalog, and tells so. */
export async function hasTools(what, command, args, env, expected = everyTool) {
  const { tools, stderr, code } = await askTools(command, args, env);
  expect(tools !== null && code === 0, `${what}: ended with ${code} instead of listing its tools:\n${stderr}`);
  expect(expected(tools), `${what}: lists ${tools}`);
  tell(`${what}: ${tools.length} tools`);
  return stderr;
}

/** everyTool is true of the whole catalog, which has tools that write. */
export const everyTool = (tools) => tools.includes('roles-delete') && tools.includes('whoami');

/** readingTools is true of the tools of a server that only reads. */
export const readingTools = (tools) => tools.includes('roles-list') && !tools.some((name) => /create|delete|add|remove|update|rotate|undo/.test(name));

/** run runs a command to its end and returns what it printed. */
export function run(command, args, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', timeout: limit, maxBuffer: 1 << 28, ...options });
  if (error) throw error;
  expect(status === 0, `${command} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
  return stdout;
}

export function expect(is, otherwise) {
  if (!is) throw new Error(otherwise);
}

export function tell(line) {
  console.log(`  ${line}`);
}
