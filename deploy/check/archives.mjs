// Archives and the packages of Linux distributions.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cleanEnvironment, expect, hasTools, run, tell } from './client.mjs';

/** checkSums holds every file that checksums.txt names to it, and finds none that it forgot. */
export function checkSums({ dist }) {
  const lines = readFileSync(join(dist, 'checksums.txt'), 'utf8').trim().split('\n');
  const kinds = {};
  for (const line of lines) {
    const [sum, file] = line.split(/ +/);
    expect(createHash('sha256').update(readFileSync(join(dist, file))).digest('hex') === sum, `${file} is not what checksums.txt says`);
    const kind = /\.(tar\.gz|zip|deb|rpm|cdx\.json)$/.exec(file)[1];
    kinds[kind] = (kinds[kind] ?? 0) + 1;
  }
  const want = { 'tar.gz': 4, zip: 2, deb: 2, rpm: 2, 'cdx.json': 6 };
  for (const [kind, count] of Object.entries(want)) expect(kinds[kind] === count, `checksums.txt names ${kinds[kind] ?? 0} files .${kind}, not ${count}`);
  for (const file of readdirSync(dist).filter((file) => file.endsWith('.cdx.json'))) {
    const { components } = JSON.parse(readFileSync(join(dist, file), 'utf8'));
    expect(components.some(({ name }) => name === 'github.com/mark3labs/mcp-go'), `${file} does not name what the program is made of`);
  }
  for (const manifest of ['homebrew/Casks/posthog-org-mcp.rb', 'scoop/posthog-org-mcp.json']) {
    const text = readFileSync(join(dist, manifest), 'utf8');
    const named = lines.filter((line) => text.includes(line.split(' ')[0])).length;
    expect(named >= 2, `${manifest} names none of the archives`);
  }
  tell(`checksums, SBOMs, cask and Scoop manifest: ${lines.length} files are what they say`);
}

export async function checkArchive({ work, prefix, version, commit }) {
  const folder = into(work, 'archive');
  run('tar', ['-xzf', `${prefix}.tar.gz`, '-C', folder]);
  const program = join(folder, 'posthog-org-mcp');
  const said = run(program, ['version'], { env: cleanEnvironment(work) });
  expect(said.includes(version) && said.includes(commit), `version prints\n${said}`);
  has(folder, ['LICENSE', 'README.md', 'docs/tools.md', 'man/posthog-org-mcp-serve.1.gz', 'completions/posthog-org-mcp.bash']);
  const script = run(program, ['completion', 'bash'], { env: cleanEnvironment(work) });
  expect(script === readFileSync(join(folder, 'completions/posthog-org-mcp.bash'), 'utf8'), 'the completion in the archive is not what the program prints');
  await hasTools('archive', program, ['--sandbox'], cleanEnvironment(work));
}

/** installed is where both kinds of package put things. */
const installed = [
  'usr/bin/posthog-org-mcp', 'usr/share/man/man1/posthog-org-mcp.1.gz', 'usr/share/bash-completion/completions/posthog-org-mcp',
  'usr/share/fish/vendor_completions.d/posthog-org-mcp.fish', 'usr/share/doc/posthog-org-mcp/copyright', 'usr/share/doc/posthog-org-mcp/docs/errors.md',
];

export async function checkDeb({ work, prefix, goMachine }) {
  const folder = into(work, 'deb');
  const fields = run('dpkg-deb', ['-f', `${prefix}.deb`]);
  expect(fields.includes('Package: posthog-org-mcp') && fields.includes(`Architecture: ${goMachine}`), `the package says\n${fields}`);
  run('dpkg-deb', ['-x', `${prefix}.deb`, folder]);
  has(folder, [...installed, 'usr/share/zsh/vendor-completions/_posthog-org-mcp']);
  await hasTools('deb', join(folder, 'usr/bin/posthog-org-mcp'), ['--sandbox'], cleanEnvironment(work));
}

export async function checkRPM({ work, prefix }) {
  const folder = into(work, 'rpm');
  const rpm = (...words) => run('rpm', ['--root', folder, '--nodeps', ...words]);
  rpm('--install', `${prefix}.rpm`);
  rpm('--verify', 'posthog-org-mcp');
  has(folder, [...installed, 'usr/share/zsh/site-functions/_posthog-org-mcp']);
  await hasTools('rpm', join(folder, 'usr/bin/posthog-org-mcp'), ['--sandbox'], cleanEnvironment(work));
}

function into(work, name) {
  const folder = join(work, name);
  mkdirSync(folder);
  return folder;
}

function has(folder, files) {
  for (const file of files) expect(existsSync(join(folder, file)), `${file} is not in ${folder}`);
}
