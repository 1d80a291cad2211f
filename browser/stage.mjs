// What a check plays with: pages that the program serves, tabs of the browser, other sites.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** What is handed over; nobody's token. */
export const token = 'phs_CANARY0123456789abcdefghijkl';

/** One check's own world; close ends all of it. */
export class Stage {
  endings = [];

  constructor(programs, browser) {
    Object.assign(this, { programs, browser });
  }

  /** Serves a new page with the token; returns its address. Options are the program's flags. */
  async serve(options = {}) {
    return this.start('handover', { token, ...options })();
  }

  /** Begins a sign-in; returns the address to open, and what waits for its outcome. */
  async signIn(options = {}) {
    const line = this.start('signin', options);
    return { address: await line(), outcome: line };
  }

  /** Starts a program with its flags; returns what reads its next line. It ends with the stage. */
  start(name, options) {
    const flags = Object.entries(options).map(([flag, value]) => `-${flag}=${value}`);
    const child = spawn(join(this.programs, name), flags, { stdio: ['pipe', 'pipe', 'inherit'] });
    const ended = once(child, 'exit');
    this.endings.push(async () => {
      child.stdin.end();
      await ended;
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return async () => {
      const { value, done } = await lines.next();
      if (done) throw new Error(`${name} has nothing more to say`);
      return value;
    };
  }

  /** Opens a tab in a window of its own. tab.complaints is what the console and the page's scripts complained of. */
  async tab(options = {}) {
    const context = await this.browser.newContext(options);
    this.endings.push(() => context.close());
    context.setDefaultTimeout(10_000);
    const tab = await context.newPage();
    tab.complaints = [];
    tab.on('console', (message) => { if (message.type() !== 'log') tab.complaints.push(message.text()); });
    tab.on('pageerror', (error) => tab.complaints.push(error.message));
    tab.on('dialog', (dialog) => {
      tab.complaints.push(`dialog: ${dialog.message()}`);
      return dialog.dismiss();
    });
    return tab;
  }

  /**
   * Serves another site. Under `port` it differs from the page by its port only,
   * under `name` it is another site altogether. It counts what it is asked for.
   */
  async otherSite(html = '') {
    const site = { asked: 0 };
    const server = createServer((request, response) => {
      site.asked++;
      response.setHeader('Content-Type', 'text/html');
      response.setHeader('Access-Control-Allow-Origin', '*');
      response.end(`<!doctype html><title>Another site</title><link rel="icon" href="data:,">${html}`);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.endings.push(() => {
      server.close();
      server.closeAllConnections();
    });
    const { port } = server.address();
    return Object.assign(site, { port: `http://127.0.0.1:${port}/`, name: `http://localhost:${port}/` });
  }

  async close() {
    for (const end of this.endings.reverse()) await end();
  }
}
