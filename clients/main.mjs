// Runs the server's binary with each client: node main.mjs BINARY
//
// Exit code 0 only if every step of every client came out right.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { acquaintance, handshake } from './acquaintance.mjs';
import { Assistant } from './assistant.mjs';
import { consentByPerson, consentByPreview } from './consent.mjs';
import { day } from './day.mjs';
import { farewell } from './farewell.mjs';
import { Inspector } from './inspector.mjs';
import { startLongList } from './longlist.mjs';
import { mistakes } from './mistakes.mjs';
import { Person } from './person.mjs';
import { reading, typing, watching } from './reading.mjs';
import { Report } from './report.mjs';
import { connectLine1, connectLine2 } from './sdk.mjs';
import { telling } from './telling.mjs';
import { installed } from './versions.mjs';

/** Longest time for everything; children end by themselves when their stdin closes. */
const wholeLimit = 600_000;

const [binary] = process.argv.slice(2);
if (!binary) {
  console.error('usage: node main.mjs BINARY');
  process.exit(2);
}
const command = { command: binary, args: ['--sandbox'] };

const sdk1 = `TypeScript SDK ${installed('@modelcontextprotocol/sdk').version}`;
const sdk2 = `TypeScript SDK ${installed('@modelcontextprotocol/client').version}`;
const inspector = `Inspector ${installed('@modelcontextprotocol/inspector').version}`;

const everything = [handshake, acquaintance, reading, typing, day, consentByPreview, mistakes, watching, farewell];
const withPerson = [handshake, acquaintance, day, consentByPerson, farewell];
const hello = [handshake, acquaintance, reading, typing, day.slice(0, 3), watching, farewell];

/** Connects a client to a server whose organization has more roles than one page holds. */
const onLongList = async (connect) => connect({ command: binary, args: [], env: await startLongList() });

/** Every client: its name in the report, how it connects, the stories that it plays. */
const clients = [
  [`${sdk1}, 2025-11-25`, everything, () => connectLine1(command, '2025-11-25')],
  [`${sdk2}, 2026-07-28`, everything, () => connectLine2(command, '2026-07-28', { versionNegotiation: { mode: { pin: '2026-07-28' } } })],
  [`${sdk1}, 2025-11-25, with a person`, withPerson, () => connectLine1(command, '2025-11-25', new Person())],
  [`${sdk2}, 2026-07-28, with a person`, withPerson, () => connectLine2(command, '2026-07-28', { versionNegotiation: { mode: { pin: '2026-07-28' } } }, new Person())],
  [`${sdk1}, 2025-11-25, without a home`, hello, () => connectLine1({ ...command, env: { HOME: '', USERPROFILE: '', LOCALAPPDATA: '' } }, '2025-11-25')],
  [`${sdk2}, auto`, hello, () => connectLine2(command, '2026-07-28', { versionNegotiation: { mode: 'auto' } })],
  ...['2025-06-18', '2025-03-26', '2024-11-05'].map((version) =>
    [`${sdk2}, ${version}`, hello, () => connectLine2(command, version, { supportedProtocolVersions: [version] })]),
  [`${sdk1}, 2025-11-25, listening`, [acquaintance, telling, farewell], () => onLongList((command) => connectLine1(command, '2025-11-25'))],
  [`${sdk2}, 2026-07-28, listening`, [acquaintance, telling, farewell], () => onLongList((command) => connectLine2(command, '2026-07-28', { versionNegotiation: { mode: { pin: '2026-07-28' } } }))],
  [`${sdk2}, 2025-06-18, listening`, [acquaintance, telling, farewell], () => onLongList((command) => connectLine2(command, '2025-06-18', { supportedProtocolVersions: ['2025-06-18'] }))],
  [`${inspector}, legacy era`, [acquaintance, reading, day], (folder) => Inspector.configure(command, folder, 'legacy')],
  [`${inspector}, modern era`, [acquaintance, reading], (folder) => Inspector.configure(command, folder, 'modern')],
];

const watchdog = setTimeout(() => {
  console.log(`FAIL  all clients together took longer than ${wholeLimit / 1000} s`);
  process.exit(1);
}, wholeLimit);

const reports = [];
for (const [name, stories, connect] of clients) {
  reports.push(await run(name, stories, connect));
}
clearTimeout(watchdog);
console.log();
for (const { report, seconds } of reports) report.close(seconds);
process.exitCode = reports.some(({ report }) => report.failed > 0) ? 1 : 0;

/** Plays the stories with one client, in a folder of its own. */
async function run(name, stories, connect) {
  const report = new Report(name);
  const start = performance.now();
  const folder = await mkdtemp(join(tmpdir(), 'posthog-org-mcp-clients-'));
  let client;
  try {
    client = await connect(folder);
    const story = { client, assistant: new Assistant(client) };
    for (const steps of stories) await report.play(steps, story);
  } catch (error) {
    report.fail('connects', error);
    report.skipped = stories.flat().length;
  } finally {
    await client?.close?.();
    await rm(folder, { recursive: true, force: true });
  }
  return { report, seconds: (performance.now() - start) / 1000 };
}
