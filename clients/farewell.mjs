// How a connection ends: what the client noticed on the way, and whether the
// server goes when its stdin closes.

import { existsSync } from 'node:fs';
import { secret } from './assistant.mjs';
import { equal, holds } from './expect.mjs';

/** Steps of a client that keeps one connection. The story has `assistant` and `client`. */
export const farewell = [
  ["the client's own validator passed every result", async ({ client, assistant }) => {
    holds('results', assistant.results > 0, 'at least one', assistant.results);
    equal('results that fit the output schema', client.validator.passed, assistant.results);
  }],

  ['the client met nothing odd on the wire', async ({ client }) => {
    equal('complaints of the client', client.complaints, []);
    holds('the log', !secret.test(client.log), 'no whole key or token', 'one of them');
    holds('the log', !/panic|goroutine \d/.test(client.log), 'no panic', client.log);
  }],

  ['the server goes when its stdin closes, and with it what it made up', async ({ client, tokenFile }) => {
    const { seconds, gone } = await client.close();
    equal('the server is gone', gone, true);
    // After two seconds the SDK stops waiting and sends SIGTERM.
    holds('seconds until it was gone', seconds < 1.9, 'less than 1.9', seconds);
    if (tokenFile) holds('the file of a made-up token', !existsSync(tokenFile), 'gone', tokenFile);
  }],
];
