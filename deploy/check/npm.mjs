// The npm packages: the main one and this machine's, installed from their files
// into an empty folder with nothing to download from.

import { spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { once } from 'node:events';
import { askTools, cleanEnvironment, expect, hasTools, run, tell } from './client.mjs';

export async function checkNPM({ dist, work, version }) {
  const folder = join(work, 'npm');
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{"private":true}\n');
  const env = { ...cleanEnvironment(work), npm_config_offline: 'true', npm_config_update_notifier: 'false' };
  const machine = `posthog-org-mcp-${process.platform}-${process.arch}`;
  const files = ['posthog-org-mcp', machine].map((name) => join(dist, 'packages', `${name}-${version}.tgz`));
  run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', ...files], { cwd: folder, env });

  const said = run('npx', ['--no-install', 'posthog-org-mcp', '--version'], { cwd: folder, env });
  expect(said.includes(version), `npx posthog-org-mcp --version prints ${said}`);
  tell(`npm: npx posthog-org-mcp --version prints ${said.trim()}`);
  const command = join(folder, 'node_modules/.bin/posthog-org-mcp');
  await hasTools('npm', command, ['--sandbox'], env);

  await passesOn(command, env);
  rmSync(join(folder, 'node_modules', machine), { recursive: true });
  const { code, stderr } = await askTools(command, ['--sandbox'], env);
  expect(code === 1 && stderr.includes(`The package ${machine}`) && stderr.includes('--omit=optional'), `without the program it ends with ${code}:\n${stderr}`);
  tell('npm: says so where the package of the machine is missing');
}

/** passesOn holds the launcher to the program's exit codes, and to handing on a signal. */
async function passesOn(command, env) {
  const { code, stderr } = await askTools(command, ['--no-such-flag'], env);
  expect(code === 2, `a wrong flag ends it with ${code}:\n${stderr}`);
  const child = spawn(command, ['sandbox'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const late = setTimeout(() => child.kill('SIGKILL'), 60_000);
  const closed = once(child, 'close');
  await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data')]);
  child.kill('SIGTERM');
  // Both pipes close only when the program behind the launcher has gone too.
  const [ended, signal] = await closed;
  clearTimeout(late);
  expect(signal === null, `SIGTERM ends the launcher with ${signal} instead of the program with ${ended}`);
  tell('npm: exit codes and signals are passed on');
}
