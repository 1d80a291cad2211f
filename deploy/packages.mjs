// Makes of the programs that GoReleaser built what is installed in other ways:
// Claude Desktop bundles, npm packages, and the MCP registry's server.json.
//
//   node deploy/packages.mjs [DIST]
//
// All goes to DIST/packages, under the version that GoReleaser wrote into
// DIST/metadata.json. GITHUB_OWNER names the owner of the repository. The same
// programs make the same bytes.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { settle } from './settle.mjs';
import { universal } from './universal.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const dist = resolve(process.argv[2] ?? 'dist');
const owner = process.env.GITHUB_OWNER || 'OWNER';
const out = join(dist, 'packages');
const name = 'posthog-org-mcp';

const { version, tag } = readJSON(join(dist, 'metadata.json'));
const programs = readJSON(join(dist, 'artifacts.json'))
  .filter(({ type }) => type === 'Binary')
  .map(({ path, goos, goarch }) => ({ path: resolve(dist, '..', path), goos, goarch, file: goos === 'windows' ? `${name}.exe` : name }))
  .sort((a, b) => (a.path < b.path ? -1 : 1)); // the list has them as they got ready

/** What Node.js calls systems and machines. */
const nodeNames = { windows: 'win32', amd64: 'x64' };
const inNode = (word) => nodeNames[word] ?? word;

const work = mkdtempSync(join(tmpdir(), 'packages-'));
try {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  programs.forEach(platformPackage);
  mainPackage();
  const isForMac = ({ goos }) => goos === 'darwin';
  const bundled = [...programs.filter((program) => !isForMac(program)), everyMac(programs.filter(isForMac))];
  registryEntry(bundled.map(bundle));
  const sums = readdirSync(out).sort().map((file) => `${sum(join(out, file))}  ${file}\n`);
  writeFileSync(join(out, 'SHA256SUMS'), sums.join(''));
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** everyMac makes one program of those for each kind of Mac. */
function everyMac(programs) {
  const path = join(work, 'every-mac');
  writeFileSync(path, universal(programs.map(({ path }) => readFileSync(path))));
  return { ...programs[0], path, goarch: 'all' };
}

/** bundle packs a program for Claude Desktop with the official tool, which validates the manifest. */
function bundle({ path, goos, goarch, file }) {
  const folder = join(work, `mcpb-${goos}-${goarch}`);
  const manifest = readJSON(join(here, 'mcpb/manifest.json'));
  manifest.version = version;
  manifest.homepage = `https://github.com/${owner}/${name}`;
  manifest.repository = { type: 'git', url: `https://github.com/${owner}/${name}` };
  manifest.server.entry_point = `server/${file}`;
  manifest.server.mcp_config.command = `\${__dirname}/server/${file}`;
  manifest.compatibility.platforms = [inNode(goos)];
  writeJSON(join(folder, 'manifest.json'), manifest);
  copy(join(here, 'mcpb/icon.png'), join(folder, 'icon.png'));
  copy(join(here, '../LICENSE'), join(folder, 'LICENSE'));
  copy(path, join(folder, 'server', file), 0o755);

  const packed = join(out, `${name}_${version}_${goos}_${goarch}.mcpb`);
  mcpb('validate', join(folder, 'manifest.json'));
  mcpb('pack', folder, packed);
  // The tool stamps what it packs with the time of day.
  writeFileSync(packed, settle(readFileSync(packed)));
  return { packed, file: `${name}_${version}_${goos}_${goarch}.mcpb` };
}

/** platformPackage makes the npm package that holds the program for one kind of machine. */
function platformPackage({ path, goos, goarch, file }) {
  const machine = `${inNode(goos)}-${inNode(goarch)}`;
  const folder = join(work, `npm-${machine}`);
  const main = readJSON(join(here, 'npm/package.json'));
  writeJSON(join(folder, 'package.json'), {
    name: `${name}-${machine}`,
    version,
    description: `The program of ${name} for ${machine}`,
    license: main.license,
    repository: repository(main),
    os: [inNode(goos)],
    cpu: [inNode(goarch)],
    files: ['bin'],
    preferUnplugged: true,
  });
  copy(join(here, '../LICENSE'), join(folder, 'LICENSE'));
  copy(path, join(folder, 'bin', file), 0o755);
  npmPack(folder);
}

/** mainPackage makes the npm package that people name. */
function mainPackage() {
  const folder = join(work, 'npm-main');
  const main = readJSON(join(here, 'npm/package.json'));
  for (const dependency of Object.keys(main.optionalDependencies)) main.optionalDependencies[dependency] = version;
  writeJSON(join(folder, 'package.json'), { ...main, version, mcpName: ownName(main.mcpName), repository: repository(main) });
  copy(join(here, 'npm/launch.js'), join(folder, 'launch.js'), 0o755);
  for (const file of ['LICENSE', 'README.md']) copy(join(here, '..', file), join(folder, file));
  npmPack(folder);
}

/** registryEntry writes what the MCP registry is told: each way to get the server, with the settings that all of them take. */
function registryEntry(bundles) {
  const entry = readJSON(join(here, 'server.json'));
  const [npm] = entry.packages;
  const { transport, environmentVariables } = npm;
  entry.name = ownName(entry.name);
  entry.version = npm.version = version;
  entry.repository.url = ownName(entry.repository.url);
  for (const { packed, file } of bundles) {
    entry.packages.push({
      registryType: 'mcpb',
      identifier: `https://github.com/${owner}/${name}/releases/download/${tag}/${file}`,
      version,
      fileSha256: sum(packed),
      transport,
      environmentVariables,
    });
  }
  // An image's version is its tag.
  entry.packages.push({ registryType: 'oci', identifier: `ghcr.io/${owner.toLowerCase()}/${name}:${version}`, transport, environmentVariables });
  writeJSON(join(out, 'server.json'), entry);
}

function mcpb(...words) {
  const tool = join(here, 'node_modules/@anthropic-ai/mcpb/dist/cli/cli.js');
  try {
    execFileSync(process.execPath, [tool, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  } catch (error) {
    throw new Error(`mcpb ${words[0]}: ${error.stdout}`);
  }
}

function npmPack(folder) {
  // npm's archives have no times and no owners.
  execFileSync('npm', ['pack', '--silent', '--pack-destination', out], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'], shell: process.platform === 'win32' });
}

function sum(path) {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

function repository({ repository: { type, url } }) {
  return { type, url: ownName(url) };
}

function ownName(text) {
  return text.replace('OWNER', owner);
}

function copy(from, to, mode = 0o644) {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
  chmodSync(to, mode);
}

function readJSON(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

function writeJSON(path, value) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify(value, null, 2) + '\n');
}
