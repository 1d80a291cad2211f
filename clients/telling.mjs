// What a client is told while its calls run: how far they have come, and what
// the server's log says of them.

import { secret } from './assistant.mjs';
import { serverName } from './catalog.mjs';
import { equal, has, holds, matches } from './expect.mjs';
import { roles } from './longlist.mjs';

const everyRole = { limit: roles };

/** Steps of a client that keeps one connection, to a server with a long list. The story has `assistant` and `client`. */
export const telling = [
  ['who asks for nothing is told nothing', async ({ client, assistant }) => {
    await assistant.ask('roles-list', everyRole);
    equal('what the client was told', client.told, []);
    equal('what the client heard', client.heard, []);
  }],

  ['a list of many pages tells how far it is, up to its end', async ({ client, assistant }) => {
    await client.listen('info');
    const { total, roles: rows } = await assistant.ask('roles-list', everyRole);
    equal('rows', rows.length, total);
    holds('the client was told', client.told.length > 0, 'at least once', client.told);
    for (const [i, { progress }] of client.told.entries()) {
      holds('the progress', i === 0 || progress > client.told[i - 1].progress, 'above the one before', client.told);
    }
    const last = client.told.at(-1);
    equal('the last that was told', { progress: last.progress, total: last.total }, { progress: 10, total: 10 });
    matches('its message', last.message, /^10 of 10 pages of roles\.$/);
  }],

  ['what the server logged of the call is heard', async ({ client }) => {
    const { level, logger, data } = has('what the client heard', client.heard, (one) => one.data.msg === 'call', 'a line about the call');
    equal('the line', { level, logger, tool: data.tool, outcome: data.outcome }, { level: 'info', logger: serverName, tool: 'roles-list', outcome: 'ok' });
    holds('the lines', client.heard.every((one) => one.level === 'info'), 'of level info', client.heard);
  }],

  ['the last level that was asked for counts', async ({ client, assistant }) => {
    await client.listen('error');
    await client.listen('debug');
    await assistant.ask('roles-list', { limit: 1 });
    has('what the client heard', client.heard, (one) => one.level === 'debug' && one.data.msg === 'PostHog request', 'a line about a request');
    equal('what the client was told of one page', client.told, []);
    holds('the lines', !secret.test(JSON.stringify(client.heard)), 'no whole key or token', 'one of them');
  }],
];
