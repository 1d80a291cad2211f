// What a sign-in must do in a browser, from the consent page to the last one.

import assert from 'node:assert/strict';
import { join } from 'node:path';

/** Every check: its sentence, and what it does with its stage. */
export const checks = [
  ['who allows it is signed in', async (stage) => {
    const { address, outcome } = await stage.signIn();
    const tab = await stage.tab();
    const asked = hostsAskedBy(tab);
    await tab.goto(address);
    await tab.getByRole('heading', { name: 'Allow Organization MCP server for PostHog to use PostHog as you?' }).waitFor();
    await tab.getByText('see and change your organization, its roles and who is in them').waitFor();
    await tab.getByRole('button', { name: 'Allow' }).click();
    await tab.getByRole('heading', { name: 'You are signed in' }).waitFor();
    assert.equal(await outcome(), 'signed in as maya.okonkwo@example.com');
    assert.deepEqual(tab.complaints, []);
    assert.deepEqual([...asked], ['127.0.0.1']);
  }],

  ['the code does not stay in the address', async (stage) => {
    const { address } = await stage.signIn();
    const tab = await stage.tab();
    await tab.goto(address);
    await tab.getByRole('button', { name: 'Allow' }).click();
    await tab.getByRole('heading', { name: 'You are signed in' }).waitFor();
    assert.match(tab.url(), /^http:\/\/127\.0\.0\.1:\d+\/callback$/);
  }],

  ['who says no is not signed in', async (stage) => {
    const { address, outcome } = await stage.signIn();
    const tab = await stage.tab();
    await tab.goto(address);
    await tab.getByRole('button', { name: 'Deny' }).click();
    await tab.getByRole('heading', { name: 'You said no' }).waitFor();
    assert.match(await outcome(), /^not signed in: the sign-in was denied in the browser\./);
    assert.deepEqual(tab.complaints, []);
  }],

  ['another person can be chosen', async (stage) => {
    const { address, outcome } = await stage.signIn();
    const tab = await stage.tab();
    await tab.goto(address);
    await tab.getByLabel('leo.fontaine@example.com').check();
    await tab.getByRole('button', { name: 'Allow' }).click();
    await tab.getByRole('heading', { name: 'You are signed in' }).waitFor();
    assert.equal(await outcome(), 'signed in as leo.fontaine@example.com');
  }],

  ['a sign-in that comes back from another issuer does not work', async (stage) => {
    const { address, outcome } = await stage.signIn({ issuer: 'https://evil.example' });
    const tab = await stage.tab();
    await tab.goto(address);
    await tab.getByRole('button', { name: 'Allow' }).click();
    await tab.getByRole('heading', { name: 'The sign-in did not work' }).waitFor();
    assert.match(await outcome(), /^not signed in: the sign-in came back from "https:\/\/evil\.example"/);
  }],

  ['without scripts a sign-in works all the same', async (stage) => {
    const { address, outcome } = await stage.signIn();
    const tab = await stage.tab({ javaScriptEnabled: false });
    await tab.goto(address);
    await tab.getByRole('button', { name: 'Allow' }).click();
    await tab.getByRole('heading', { name: 'You are signed in' }).waitFor();
    assert.match(await outcome(), /^signed in as /);
  }],

  ['a client named like a script is text', async (stage) => {
    const name = '<script>alert(1)</script><img src=x onerror=alert(2)>';
    const { address } = await stage.signIn({ name });
    const tab = await stage.tab();
    await tab.goto(address);
    await tab.getByText(name).waitFor();
    assert.equal(await tab.locator('script, img').count(), 0);
    assert.deepEqual(tab.complaints, []);
  }],

  ['a page that guesses the way back ends nothing', async (stage) => {
    const { address, outcome } = await stage.signIn();
    const back = new URL('/callback', address).href;
    const { name } = await stage.otherSite(`<a href="${back}?error=access_denied&state=guessed">Lure</a>`);
    const tab = await stage.tab();
    await tab.goto(name);
    await tab.getByRole('link').click();
    await tab.getByRole('heading', { name: 'Not this sign-in' }).waitFor();
    await tab.goto(address);
    await tab.getByRole('button', { name: 'Allow' }).click();
    await tab.getByRole('heading', { name: 'You are signed in' }).waitFor();
    assert.match(await outcome(), /^signed in as /);
  }],

  ['a second browser gets nothing, and the sign-in says so', async (stage) => {
    const { address, outcome } = await stage.signIn();
    const first = await stage.tab();
    await first.goto(address);
    await first.getByRole('button', { name: 'Allow' }).waitFor();
    await first.goto(address); // The same one may open it again.
    await first.getByRole('button', { name: 'Allow' }).waitFor();
    const second = await stage.tab();
    await second.goto(address);
    await second.getByRole('heading', { name: 'Opened twice' }).waitFor();
    assert.match(await outcome(), /^not signed in: the page to sign in was opened in two browsers/);
  }],

  ['no other site frames the consent page or sends its form', async (stage) => {
    const { address, outcome } = await stage.signIn();
    const tab = await stage.tab();
    await tab.goto(address);
    const request = await tab.locator('input[name=request]').inputValue();
    const person = await tab.locator('input[name=person]').first().inputValue();
    const consent = tab.url();
    const action = new URL('/oauth/authorize/', consent).href;
    const site = await stage.otherSite(`<form method="post" action="${action}">` +
      `<input name="request" value="${request}"><input name="person" value="${person}"><button name="answer" value="allow">Win</button></form>`);
    for (const origin of [site.port, site.name]) {
      const other = await stage.tab();
      await other.goto(origin);
      await other.evaluate((src) => new Promise((resolve) => {
        document.body.append(Object.assign(document.createElement('iframe'), { src, onload: resolve }));
      }), consent);
      await become(() => other.frames()[1].url(), 'chrome-error://chromewebdata/');
      const [response] = await Promise.all([other.waitForResponse(action), other.getByRole('button', { name: 'Win' }).click()]);
      assert.equal(response.status(), 403);
    }
    await tab.getByRole('button', { name: 'Allow' }).click();
    await tab.getByRole('heading', { name: 'You are signed in' }).waitFor();
    assert.match(await outcome(), /^signed in as /);
  }],

  ['the pages follow the light and the dark of the screen', async (stage) => {
    const seen = new Set();
    for (const colorScheme of ['light', 'dark']) {
      const { address } = await stage.signIn();
      const tab = await stage.tab({ colorScheme, viewport: { width: 800, height: 800 } });
      await tab.goto(address);
      seen.add(await background(tab));
      await picture(tab, `consent-${colorScheme}`);
      await tab.getByRole('button', { name: 'Allow' }).click();
      await tab.getByRole('heading', { name: 'You are signed in' }).waitFor();
      seen.add(await background(tab));
      await picture(tab, `signed-in-${colorScheme}`);
    }
    assert.equal(seen.size, 4);
  }],
];

/** Waits until something is as it should be: a frame has its address only after it has loaded. */
async function become(get, wanted) {
  for (const end = Date.now() + 10_000; get() !== wanted && Date.now() < end;) await new Promise((next) => setTimeout(next, 20));
  assert.equal(get(), wanted);
}

/** The hosts that a tab asks for anything, from now on. */
function hostsAskedBy(tab) {
  const hosts = new Set();
  tab.on('request', (request) => hosts.add(new URL(request.url()).hostname));
  return hosts;
}

function background(tab) {
  return tab.evaluate(() => getComputedStyle(document.body).backgroundColor);
}

/** Keeps a picture where SCREENSHOTS says, for a person to look at. */
async function picture(tab, name) {
  const folder = process.env.SCREENSHOTS;
  if (folder) await tab.screenshot({ path: join(folder, `${name}.png`) });
}
