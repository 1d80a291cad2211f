// Tries every package of this kind of machine as its user would:
//   node deploy/check/main.mjs DIST
// Each is unpacked or installed into a folder of its own, started, and asked for
// its tools over standard input and output. deploy/check/run builds them first.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { checkArchive, checkDeb, checkRPM, checkSums } from './archives.mjs';
import { checkBundle, checkMacBundle } from './bundle.mjs';
import { checkContainer } from './container.mjs';
import { checkNPM } from './npm.mjs';

const dist = resolve(process.argv[2] ?? 'dist');
const work = mkdtempSync(join(tmpdir(), 'check-'));
const { version, commit } = JSON.parse(readFileSync(join(dist, 'metadata.json'), 'utf8'));
const goMachine = { x64: 'amd64' }[process.arch] ?? process.arch;
const built = JSON.parse(readFileSync(join(dist, 'artifacts.json'), 'utf8'))
  .find(({ type, goos, goarch }) => type === 'Binary' && goos === process.platform && goarch === goMachine);

const stage = { dist, work, version, commit, goMachine, program: resolve(dist, '..', built.path), prefix: join(dist, `posthog-org-mcp_${version}_linux_${goMachine}`) };
try {
  for (const check of [checkSums, checkArchive, checkDeb, checkRPM, checkBundle, checkMacBundle, checkNPM, checkContainer]) {
    await check(stage);
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
