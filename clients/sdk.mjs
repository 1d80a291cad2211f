// The two official TypeScript SDKs behind one interface: the single package
// (line 1, all that most clients in use are built on), and its successor (line
// 2, which also speaks the protocol without a handshake).

import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as Transport1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { ElicitRequestSchema, LoggingMessageNotificationSchema, ResourceUpdatedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { AjvJsonSchemaValidator as Validator1 } from '@modelcontextprotocol/sdk/validation/ajv';
import { Client as Client2 } from '@modelcontextprotocol/client';
import { StdioClientTransport as Transport2 } from '@modelcontextprotocol/client/stdio';
import { AjvJsonSchemaValidator as Validator2 } from '@modelcontextprotocol/client/validators/ajv';

const requestLimit = { timeout: 10_000 };
/** What a client declares that shows forms to somebody. */
const canAsk = { elicitation: { form: {} } };
/** Where a request says which log lines it wants to hear. */
const logLevelKey = 'io.modelcontextprotocol/logLevel';
const identity = { name: 'posthog-org-mcp-clients', version: '1.0.0' };

/**
 * Connects line 1, which asks for the protocol version `wanted` and no other.
 * With a person it declares elicitation, without one it does not.
 */
export function connectLine1(command, wanted, person) {
  const validator = new CountingValidator(new Validator1());
  const client = new Client1(identity, { jsonSchemaValidator: validator, capabilities: person ? canAsk : {} });
  if (person) client.setRequestHandler(ElicitRequestSchema, person.answer);
  const transport = new Transport1({ ...command, stderr: 'pipe' });
  const connection = new Connection(client, transport, validator, wanted, person);
  // Line 1 tells nobody but the transport which version was agreed on.
  let agreed;
  transport.setProtocolVersion = (version) => { agreed = version; };
  connection.protocol = () => agreed;
  connection.updates = ResourceUpdatedNotificationSchema;
  connection.callOptions = (options) => [undefined, options];
  connection.askForLogs = (level) => client.setLoggingLevel(level);
  client.setNotificationHandler(LoggingMessageNotificationSchema, connection.hear);
  return connection.open();
}

/**
 * Connects line 2. How it finds the protocol version is up to `options`. In the
 * modern era it is this line that answers a result which requires input: it puts
 * the question to the same handler, and sends the call again.
 */
export function connectLine2(command, wanted, options, person) {
  const validator = new CountingValidator(new Validator2());
  const client = new Client2(identity, { jsonSchemaValidator: validator, capabilities: person ? canAsk : {}, ...options });
  if (person) client.setRequestHandler('elicitation/create', person.answer);
  const transport = new Transport2({ ...command, stderr: 'pipe' });
  const connection = new Connection(client, transport, validator, wanted, person);
  connection.protocol = () => client.getNegotiatedProtocolVersion();
  connection.updates = 'notifications/resources/updated';
  connection.callOptions = (options) => [options];
  // Since 2026-07-28 each request says by itself what it wants to hear.
  if (wanted >= '2026-07-28') connection.askForLogs = (level) => { connection.meta = { [logLevelKey]: level }; };
  else connection.askForLogs = (level) => client.setLoggingLevel(level);
  client.setNotificationHandler('notifications/message', connection.hear);
  return connection.open();
}

/** One connected client and the server process that it started. */
class Connection {
  /** What the client could not make sense of, such as a line on stdout that is no frame. */
  complaints = [];
  /** What the server wrote to stderr. */
  log = '';
  /** What it was told of its calls, and heard from the server's log, since it listens: the protocol's parameters. */
  told = [];
  heard = [];
  hear = ({ params }) => { this.heard.push(params); };

  constructor(client, transport, validator, wanted, person) {
    Object.assign(this, { client, transport, validator, wanted, person });
    client.onerror = (error) => this.complaints.push(error.message);
    transport.stderr.on('data', (chunk) => { this.log += chunk; });
  }

  /** Starts the server and shakes hands. A failure tells what the server wrote to stderr. */
  async open() {
    try {
      await this.client.connect(this.transport, requestLimit);
    } catch (error) {
      await this.client.close();
      if (this.log !== '') error.message += `\nstderr of the server:\n${this.log.trim()}`;
      throw error;
    }
    return this;
  }

  server() { return this.client.getServerVersion(); }
  instructions() { return this.client.getInstructions(); }
  async tools() { return (await this.client.listTools(undefined, requestLimit)).tools; }
  async resources() { return (await this.client.listResources(undefined, requestLimit)).resources; }
  async read(uri) { return (await this.client.readResource({ uri }, requestLimit)).contents; }
  async templates() { return (await this.client.listResourceTemplates(undefined, requestLimit)).resourceTemplates; }
  async prompts() { return (await this.client.listPrompts(undefined, requestLimit)).prompts; }
  async prompt(name, args) { return (await this.client.getPrompt({ name, arguments: args }, requestLimit)).messages; }
  async complete(ref, name, value) { return (await this.client.complete({ ref, argument: { name, value } }, requestLimit)).completion; }

  /**
   * Subscribes, the way that the connection's era has for it. Returns a function
   * that waits until so many addresses were told of, and returns them.
   */
  async watch(uris) {
    const told = [];
    this.client.setNotificationHandler(this.updates, ({ params }) => { told.push(params.uri); });
    if (this.wanted >= '2026-07-28') {
      await this.client.listen({ resourceSubscriptions: uris }, requestLimit);
    } else {
      for (const uri of uris) await this.client.subscribeResource({ uri }, requestLimit);
    }
    return async (count) => {
      for (const end = Date.now() + requestLimit.timeout; told.length < count && Date.now() < end;) await new Promise((resolve) => { setTimeout(resolve, 5); });
      return told;
    };
  }

  call(tool, args = {}) {
    const params = { name: tool, arguments: args, ...(this.meta && { _meta: this.meta }) };
    const options = { ...requestLimit, ...(this.listens && { onprogress: (progress) => this.told.push(progress) }) };
    return this.client.callTool(params, ...this.callOptions(options));
  }

  /** From now on every call wants to be told of its progress, and hear what is logged from a level on. */
  async listen(level) {
    [this.listens, this.told, this.heard] = [true, [], []];
    await this.askForLogs(level);
  }

  /** Closes stdin as clients do; returns the seconds until the server was gone. */
  async close() {
    const { pid } = this.transport;
    const start = performance.now();
    await this.client.close();
    return { seconds: (performance.now() - start) / 1000, gone: !runs(pid) };
  }
}

/** The SDK's own validator of results, which also counts what it passed, so that we know that it was asked. */
class CountingValidator {
  passed = 0;

  constructor(inner) {
    this.inner = inner;
  }

  getValidator(schema) {
    const check = this.inner.getValidator(schema);
    return (value) => {
      const verdict = check(value);
      if (verdict.valid) this.passed++;
      return verdict;
    };
  }
}

function runs(pid) {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
