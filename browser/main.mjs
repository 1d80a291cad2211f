// Plays every check in Chromium: node main.mjs PROGRAMS CHROMIUM
//
// PROGRAMS is the folder of the programs that serve the pages. Exit code 0 only
// if every check came out right.

import { chromium } from 'playwright-core';
import { checks as handover } from './handover.mjs';
import { checks as signIn } from './signin.mjs';
import { Stage } from './stage.mjs';

/** Longest time for one check, and for everything. */
const checkLimit = 30_000;
const wholeLimit = 300_000;

const [programs, executablePath] = process.argv.slice(2);
if (!executablePath) {
  console.error('usage: node main.mjs PROGRAMS CHROMIUM');
  process.exit(2);
}

const watchdog = setTimeout(() => {
  console.log(`FAIL  all checks together took longer than ${wholeLimit / 1000} s`);
  process.exit(1);
}, wholeLimit);

// Root has no sandbox, a machine without network nothing to look up. The profile is new and empty every time.
const browser = await chromium.launch({
  executablePath,
  args: [
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync',
  ],
});
let passed = 0;
let failed = 0;
for (const [sentence, check] of [...handover, ...signIn]) {
  const stage = new Stage(programs, browser);
  try {
    await within(checkLimit, check(stage));
    passed++;
    console.log(`ok    ${sentence}`);
  } catch (error) {
    failed++;
    console.log(`FAIL  ${sentence}`);
    console.log(String(error.stack ?? error).replace(/^/gm, '      '));
  } finally {
    await stage.close();
  }
}
await browser.close();
clearTimeout(watchdog);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

/** Rejects when the promise is not settled after so many milliseconds. */
async function within(milliseconds, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end after ${milliseconds / 1000} s`)), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
