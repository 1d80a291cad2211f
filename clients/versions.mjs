// What npm installed in this folder.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Folder, version and commands of an installed package. */
export function installed(name) {
  const folder = fileURLToPath(new URL(`node_modules/${name}/`, import.meta.url));
  const { version, bin } = JSON.parse(readFileSync(`${folder}package.json`, 'utf8'));
  return { folder, version, bin };
}
