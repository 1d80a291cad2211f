// The Claude Desktop bundle, started with exactly the command, the arguments and
// the environment that its manifest makes, by the official tool's own rules.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getMcpConfigForManifest, unpackExtension } from '@anthropic-ai/mcpb';
import { askTools, cleanEnvironment, everyTool, expect, hasTools, readingTools, run, tell } from './client.mjs';

/** What a user may have filled in. Nothing listens there, and no tool is called. */
const filledIn = {
  api_key: 'phx_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG',
  host: 'http://127.0.0.1:9',
  organization: '0190f3a2-1000-7000-8000-000000000001',
  read_only: true,
};

export async function checkBundle({ dist, work, version, goMachine }) {
  const folder = join(work, 'bundle');
  const mcpbPath = join(dist, 'packages', `posthog-org-mcp_${version}_${process.platform}_${goMachine}.mcpb`);
  expect(await unpackExtension({ mcpbPath, outputDir: folder, silent: true }), 'the bundle cannot be unpacked');
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
  expect(manifest.version === version, `the bundle says that it is ${manifest.version}`);

  const start = async (given, as) => {
    const { command, args, env } = await getMcpConfigForManifest({ manifest: as ?? manifest, extensionPath: folder, systemDirs: {}, userConfig: given, pathSeparator: '/' });
    return [command, args, { ...cleanEnvironment(work), ...env }];
  };

  const said = await hasTools('bundle, everything filled in', ...(await start(filledIn)), readingTools);
  expect(said === '', `it also says\n${said}`);
  await listsWhatTheManifestLists(manifest, await start({ api_key: filledIn.api_key }));

  const optional = Object.keys(filledIn).filter((name) => name !== 'api_key');
  for (const empty of [...optional.map((name) => [name]), optional]) {
    for (const [how, given, as] of waysToLeaveEmpty(manifest, filledIn, empty)) {
      const expected = empty.includes('read_only') ? everyTool : readingTools;
      await hasTools(`bundle, ${empty.join(' and ')} ${how}`, ...(await start(given, as)), expected);
    }
  }

  // Without a key it depends on who is signed in. It must not be taken for a wrong one.
  for (const [how, given, as] of waysToLeaveEmpty(manifest, filledIn, ['api_key'])) {
    const [command, args, env] = await start(given, as);
    const { tools, stderr } = await askTools(command, args, env);
    expect(tools !== null || stderr.includes('There is no PostHog API key'), `with api_key ${how} it says\n${stderr}`);
    await hasTools(`bundle, api_key ${how}, sandbox`, command, args, { ...env, POSTHOG_MCP_SANDBOX: 'true' }, readingTools);
  }
}

/** waysToLeaveEmpty are the two that clients have: an empty string, and the placeholder as it is, default or not. */
function waysToLeaveEmpty(manifest, given, names) {
  const without = structuredClone(manifest);
  const rest = { ...given };
  for (const name of names) {
    delete without.user_config[name].default;
    delete rest[name];
  }
  return [
    ['""', { ...given, ...Object.fromEntries(names.map((name) => [name, ''])) }, manifest],
    ['left as it is', rest, without],
  ];
}

/** checkMacBundle holds the bundle for every Mac, which does not start here, to being a program that Go knows. */
export async function checkMacBundle({ dist, work, version }) {
  const folder = join(work, 'bundle-mac');
  const mcpbPath = join(dist, 'packages', `posthog-org-mcp_${version}_darwin_all.mcpb`);
  expect(await unpackExtension({ mcpbPath, outputDir: folder, silent: true }), 'the bundle for Macs cannot be unpacked');
  const program = join(folder, 'server/posthog-org-mcp');
  const said = run('go', ['version', '-m', program]);
  const file = readFileSync(program);
  expect(said.includes('GOOS=darwin') && file.readUInt32BE(0) === 0xcafebabe && file.readUInt32BE(4) === 2, `the program for Macs is\n${said}`);
  tell('bundle for Macs: one program for two kinds of Mac');
}

async function listsWhatTheManifestLists(manifest, start) {
  const { tools } = await askTools(...start);
  const listed = manifest.tools.map(({ name }) => name);
  expect(tools?.toSorted().join() === listed.toSorted().join(), `the manifest lists ${listed}, the program ${tools}`);
  tell(`bundle: the manifest lists the ${listed.length} tools that the program has`);
}
