// The MCP Inspector's command line behind the interface of sdk.mjs. Each call is
// a process of its own, which starts a server of its own; they all work on one
// sandbox, and share a journal. The command line cannot answer questions.

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getDefaultEnvironment } from '@modelcontextprotocol/client/stdio';
import { Unexpected, equal } from './expect.mjs';
import { installed } from './versions.mjs';

/** The Inspector's own limit comes first, because it says what it waited for. */
const connectLimit = 8_000;
const processLimit = 30_000;

const windows = process.platform === 'win32';

/** Exit code with which the Inspector says that the tool's result is an error. */
const toolError = 5;

/**
 * A warning that we accept: the type of a result's field is "this or null", as a
 * list. Clients that take single types only read the schemas of arguments.
 */
const nullableResult = /^Warning: [^\n]+\n +Path: outputSchema\.[^\n]+\n +Issue: `type` is an array/;

export class Inspector {
  /** Folder is for this client alone; era is what --protocol-era takes; sandbox is the process to end. */
  constructor(folder, era, sandbox) {
    Object.assign(this, { folder, era, sandbox });
    const { folder: home, bin } = installed('@modelcontextprotocol/inspector');
    this.program = join(home, bin['mcp-inspector']);
  }

  /** Returns an Inspector that starts the server as a client's configuration file says. */
  static async configure(command, folder, era) {
    // Each process must accept the confirmations that an earlier one gave out.
    const signing = join(folder, 'signing-secret');
    await writeFile(signing, randomBytes(32).toString('hex'), { mode: 0o600 });
    const { child, host, key } = await startSandbox(command.command);
    const env = {
      POSTHOG_HOST: host, POSTHOG_PERSONAL_API_KEY: key, POSTHOG_MCP_SIGNING_SECRET_FILE: signing,
      POSTHOG_MCP_JOURNAL: join(folder, 'journal.jsonl'), POSTHOG_MCP_SECRET_DIR: join(folder, 'secrets'),
    };
    const servers = { posthog: { command: command.command, args: [], env } };
    await writeFile(join(folder, 'mcp.json'), JSON.stringify({ mcpServers: servers }), { mode: 0o600 });
    return new Inspector(folder, era, child);
  }

  close() { this.sandbox.kill(); }

  /** --strict makes the Inspector look for schemas that other clients stumble over. */
  async tools() {
    const { result, stderr } = await this.#run(['--method', 'tools/list', '--strict']);
    const remarks = stderr.split(/^(?=Warning:|Error:)/m).filter((part) => /^(Warning|Error):/.test(part) && !nullableResult.test(part));
    equal("the Inspector's remarks on the tools' schemas", remarks, []);
    return result.tools;
  }

  async resources() { return (await this.#run(['--method', 'resources/list'])).result.resources; }
  async read(uri) { return (await this.#run(['--method', 'resources/read', '--uri', uri])).result.contents; }

  async templates() { return (await this.#run(['--method', 'resources/templates/list'])).result.resourceTemplates; }
  async prompts() { return (await this.#run(['--method', 'prompts/list'])).result.prompts; }

  async prompt(name, args) {
    const pairs = Object.entries(args).map(([key, value]) => `${key}=${value}`);
    return (await this.#run(['--method', 'prompts/get', '--prompt-name', name, '--prompt-args', ...pairs])).result.messages;
  }

  async call(tool, args) {
    const { result } = await this.#run(['--method', 'tools/call', '--tool-name', tool, '--tool-args-json', JSON.stringify(args)], [0, toolError]);
    return result;
  }

  async #run(args, allowed = [0]) {
    const all = [this.program, '--cli', '--config', join(this.folder, 'mcp.json'), '--server', 'posthog', '--protocol-era', this.era, '--connect-timeout', String(connectLimit), '--format', 'json', ...args];
    const { code, stdout, stderr } = await execute(process.execPath, all, {
      // Its home is our folder, so that it neither reads nor writes the user's own settings.
      env: { ...getDefaultEnvironment(), HOME: this.folder, USERPROFILE: this.folder, MCP_INSPECTOR_SECRET_STORE: 'memory' },
      cwd: this.folder,
    });
    if (!allowed.includes(code)) throw new Unexpected(`exit code of the Inspector with ${args.join(' ')}`, allowed.join(' or '), `${code}: ${stderr.trim()}`);
    return { result: JSON.parse(stdout).result, stderr };
  }
}

/** Starts a sandbox that outlives the calls; returns its process, its address and an administrator's key. */
function startSandbox(binary) {
  return new Promise((resolve, reject) => {
    const child = spawn(binary, ['sandbox'], { stdio: ['ignore', 'pipe', 'inherit'] });
    process.once('exit', () => child.kill());
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      said += text;
      const host = said.match(/^ *URL +(http:\S+)$/m)?.[1];
      const key = said.match(/^ *admin's key +(\S+)$/m)?.[1];
      if (host && key) resolve({ child, host, key });
    });
    child.on('error', reject);
    child.on('exit', () => reject(new Error(`the sandbox ended:\n${said}`)));
  });
}

/**
 * Runs a program to its end, whatever its exit code. One that takes too long is
 * killed together with what it started, for a deaf server would outlive it.
 */
function execute(file, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'], detached: !windows });
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr']) child[name].setEncoding('utf8').on('data', (text) => { said[name] += text; });
    const timer = setTimeout(() => {
      process.kill(windows ? child.pid : -child.pid, 'SIGKILL');
      reject(new Error(`no end after ${processLimit / 1000} s\n${said.stderr}`));
    }, processLimit);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code: code ?? signal, ...said });
    });
  });
}
