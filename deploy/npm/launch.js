#!/usr/bin/env node
// Starts the program, which lies in the package for this kind of machine, and
// ends as it ends. Nothing is downloaded.
'use strict';

const { spawn } = require('node:child_process');
const { existsSync, readFileSync } = require('node:fs');
const { constants } = require('node:os');
const { dirname, join } = require('node:path');
const { optionalDependencies, version } = require('./package.json');

const machine = `posthog-org-mcp-${process.platform}-${process.arch}`;

const program = find();
if (program) start(program);

function find() {
  const name = process.platform === 'win32' ? 'posthog-org-mcp.exe' : 'posthog-org-mcp';
  const folder = folderOf(machine);
  if (!folder) {
    return fail(
      machine in optionalDependencies
        ? `The package ${machine}, which holds the program for this machine, is not installed.\n` +
            'Install again without --omit=optional or --no-optional, on this machine itself: a node_modules folder from another kind of machine has another program.'
        : `There is no program for ${process.platform}-${process.arch}.\n` +
            `There is one for each of: ${Object.keys(optionalDependencies).map((name) => name.replace('posthog-org-mcp-', '')).join(', ')}.`,
    );
  }
  const there = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version;
  if (there !== version) {
    return fail(`The package ${machine} is of version ${there}, and this one is of ${version}; it was not started.\nInstall posthog-org-mcp again.`);
  }
  return join(folder, 'bin', name);
}

// folderOf looks for a package where it is installed along with this one. Node.js
// itself would also look in NODE_PATH and in folders of the home directory.
function folderOf(name) {
  // Yarn keeps no node_modules; it starts only what its lock file names.
  if (process.versions.pnp) {
    try {
      return dirname(require.resolve(`${name}/package.json`));
    } catch {
      return undefined;
    }
  }
  return module.paths.map((folder) => join(folder, name)).find((folder) => existsSync(join(folder, 'package.json')));
}

function start(program) {
  const child = spawn(program, process.argv.slice(2), { stdio: 'inherit', windowsHide: true });
  child.on('error', (error) => fail(`${program} cannot be started: ${error.message}`));
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT']) {
    process.on(signal, () => {
      // A terminal sends Ctrl-C to both; a second one would be taken for impatience.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + constants.signals[signal];
  });
}

function fail(message) {
  console.error(`posthog-org-mcp: ${message}`);
  process.exitCode = 1;
}
