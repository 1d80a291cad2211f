// What the page that hands a token over must do in a browser.

import assert from 'node:assert/strict';
import { token } from './stage.mjs';

/** Every check: its sentence, and what it does with its stage. */
export const checks = [
  ['the token is shown after the click and not before', async (stage) => {
    const tab = await stage.tab();
    await tab.goto(await stage.serve());
    await tab.getByText('Acme').waitFor();
    await hasNoToken(tab);
    await reveal(tab);
    await tab.getByText('It will not be shown again.').waitFor();
    assert.deepEqual(tab.complaints, []);
  }],

  ['Copy puts the token on the clipboard', async (stage) => {
    const address = await stage.serve();
    const tab = await stage.tab();
    await tab.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: new URL(address).origin });
    await tab.goto(address);
    await reveal(tab);
    await tab.getByRole('button', { name: 'Copy' }).click();
    await tab.getByText('Copied.').waitFor();
    assert.equal(await tab.evaluate(() => navigator.clipboard.readText()), token);
    assert.deepEqual(tab.complaints, []);
  }],

  ['without a clipboard Copy selects the token', async (stage) => {
    const tab = await stage.tab();
    await tab.goto(await stage.serve());
    await reveal(tab);
    await tab.evaluate(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
    await tab.getByRole('button', { name: 'Copy' }).click();
    await tab.getByText('Selected.').waitFor();
    assert.equal(await tab.evaluate(() => getSelection().toString().trim()), token);
    assert.deepEqual(tab.complaints, []);
  }],

  ['without scripts the token is shown all the same', async (stage) => {
    const tab = await stage.tab({ javaScriptEnabled: false });
    await tab.goto(await stage.serve());
    await hasNoToken(tab);
    await reveal(tab);
    assert.equal(await tab.getByRole('button').count(), 0);
  }],

  ['a reload says that the token is gone', async (stage) => {
    const tab = await stage.tab();
    await tab.goto(await stage.serve());
    await reveal(tab);
    await tab.reload();
    await isGone(tab);
  }],

  ['a step back says that the token is gone', async (stage) => {
    const tab = await stage.tab();
    const address = await stage.serve();
    const { port } = await stage.otherSite();
    await tab.goto(address);
    await reveal(tab);
    await tab.goto(port);
    await tab.goBack();
    await isGone(tab);
    await tab.goto(address);
    await isGone(tab);
  }],

  ['two tabs show one token', async (stage) => {
    const address = await stage.serve();
    const tabs = [await stage.tab(), await stage.tab()];
    for (const tab of tabs) await tab.goto(address);
    await reveal(tabs[0]);
    await tabs[1].getByRole('button', { name: 'Show the token' }).click();
    await isGone(tabs[1]);
  }],

  ['after its lifetime the page says that the token is gone', async (stage) => {
    const tab = await stage.tab();
    await tab.goto(await stage.serve({ lifetime: '300ms' }));
    const gone = tab.getByRole('heading', { name: 'The token is gone' });
    for (const deadline = Date.now() + 10_000; !await gone.isVisible() && Date.now() < deadline;) await tab.reload();
    await isGone(tab, 'Nobody had it shown in time');
  }],

  ['a project named like a script is text', async (stage) => {
    const project = '<script>alert(1)</script><img src=x onerror=alert(2)>';
    const tab = await stage.tab();
    await tab.goto(await stage.serve({ project }));
    await tab.getByText(project).waitFor();
    await reveal(tab);
    await tab.getByText(project).waitFor();
    assert.deepEqual(tab.complaints, []);
    await tab.reload();
    await tab.getByText(project).waitFor();
    assert.equal(await tab.locator('script, img').count(), 0);
  }],

  ['a page that the browser keeps to come back to has no token', async (stage) => {
    const tab = await stage.tab();
    await tab.goto(await stage.serve());
    await reveal(tab);
    await tab.evaluate(() => dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true })));
    assert.equal(await tab.locator('#token').textContent(), '');
    await tab.evaluate(() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })));
    await isGone(tab);
  }],

  ['nothing that stands in the HTML but the page\'s own script runs or is loaded', async (stage) => {
    const site = await stage.otherSite();
    const tab = await stage.tab();
    const address = await stage.serve();
    await tab.route(address, async (route) => {
      const response = await route.fetch();
      const evil = `<script>window.ran = true</script><script src="${site.name}"></script><img src="${site.name}" onerror="window.ran = true"><a href="javascript:window.ran = true">Lure</a>`;
      await route.fulfill({ response, body: (await response.text()).replace('</main>', `${evil}</main>`) });
    });
    await tab.goto(address);
    await stopsTheHTML(tab);
    await reveal(tab);
    await stopsTheHTML(tab);
    assert.equal(site.asked, 0);
  }],

  ['nothing that is put into the page runs or is loaded', async (stage) => {
    const site = await stage.otherSite('fetched');
    const tab = await stage.tab();
    await tab.goto(await stage.serve());
    await letsNothingIn(tab, site);
    await reveal(tab);
    await letsNothingIn(tab, site);
    assert.equal(site.asked, 0);
  }],

  ['a link on another site leads to the page', async (stage) => {
    const address = await stage.serve();
    const { name } = await stage.otherSite(`<a href="${address}">your token</a>`);
    const tab = await stage.tab();
    await tab.goto(name);
    await tab.getByRole('link').click();
    await reveal(tab);
    assert.deepEqual(tab.complaints, []);
  }],

  ['no other site, and no other port, frames, fetches or opens the page to look inside', async (stage) => {
    const address = await stage.serve();
    const site = await stage.otherSite();
    for (const origin of [site.port, site.name]) {
      const tab = await stage.tab();
      await tab.goto(origin);
      assert.equal(await framed(tab, address), 'chrome-error://chromewebdata/');
      for (const method of ['GET', 'POST']) {
        for (const mode of ['cors', 'no-cors']) {
          assert.equal(await tab.evaluate(fetches, { address, method, mode }), 'closed off', `${method} ${mode}`);
        }
      }
      const [popup] = await Promise.all([tab.waitForEvent('popup'), tab.evaluate((url) => { window.popup = open(url); }, address)]);
      await popup.getByRole('button', { name: 'Show the token' }).waitFor();
      assert.equal(await tab.evaluate(() => window.popup.closed), true);
    }
    await canBeRevealed(stage, address);
  }],

  ['no other site sends the form, even if it knows what is in it', async (stage) => {
    const address = await stage.serve();
    const asking = await stage.tab();
    await asking.goto(address);
    const value = await asking.locator('input[name=once]').inputValue();
    const site = await stage.otherSite(`<form method="post" action="${address}"><input name="once" value="${value}"><button>Win</button></form>`);
    for (const origin of [site.port, site.name]) {
      const tab = await stage.tab();
      await tab.goto(origin);
      const [response] = await Promise.all([
        tab.waitForResponse(address),
        tab.getByRole('button').click(),
      ]);
      assert.equal(response.status(), 403);
    }
    await reveal(asking);
  }],
];

/** Clicks the button and sees the token. */
async function reveal(tab) {
  await tab.getByRole('button', { name: 'Show the token' }).click();
  await tab.locator('#token').waitFor();
  assert.equal(await tab.locator('#token').textContent(), token);
}

async function canBeRevealed(stage, address) {
  const tab = await stage.tab();
  await tab.goto(address);
  await reveal(tab);
}

async function hasNoToken(tab) {
  assert.doesNotMatch(await tab.content(), /CANARY/);
}

async function isGone(tab, why = 'It was shown here once') {
  await tab.getByRole('heading', { name: 'The token is gone' }).waitFor();
  await tab.getByText(why).waitFor();
  await hasNoToken(tab);
  assert.equal(await tab.getByRole('link', { name: 'settings' }).getAttribute('href'), 'https://us.posthog.example/project/42/settings');
}

/** Sees that what was added to the HTML did not run, and that the policy is why. */
async function stopsTheHTML(tab) {
  await tab.getByRole('link', { name: 'Lure' }).click();
  const stopped = /^(Executing inline script|Executing inline event handler|Loading the script|Loading the image|Running the JavaScript URL) .*violates.* Content Security Policy/;
  for (const deadline = Date.now() + 10_000; tab.complaints.length < 5 && Date.now() < deadline;) await tab.waitForTimeout(20);
  assert.equal(await tab.evaluate(() => window.ran), undefined);
  const kinds = new Set(tab.complaints.splice(0).map((complaint) => complaint.match(stopped)?.[1] ?? complaint));
  assert.deepEqual([...kinds].sort(), ['Executing inline event handler', 'Executing inline script', 'Loading the image', 'Loading the script', 'Running the JavaScript URL']);
}

/** Puts a script, a style and loads of every kind into the page, and sees that its policy stops each. */
async function letsNothingIn(tab, { name }) {
  const kinds = ['base-uri', 'connect-src', 'frame-src', 'img-src', 'require-trusted-types-for', 'style-src-attr', 'style-src-elem'];
  const stopped = await tab.evaluate(async ([elsewhere, count]) => {
    const seen = new Set();
    addEventListener('securitypolicyviolation', (event) => seen.add(event.effectiveDirective));
    const add = (element, properties, text = '') => {
      const added = document.createElement(element);
      try { Object.assign(added, properties); } catch { /* Refused already, as an address for a script is. */ }
      added.append(text);
      document.head.append(added);
    };
    add('script', {}, 'window.ran = true');
    add('script', { src: elsewhere });
    add('style', {}, 'body { display: none }');
    add('link', { rel: 'stylesheet', href: elsewhere });
    add('img', { src: elsewhere });
    add('iframe', { src: elsewhere });
    add('base', { href: elsewhere });
    document.body.setAttribute('style', 'display: none');
    await fetch(elsewhere).catch(() => {});
    for (const deadline = Date.now() + 10_000; seen.size < count && Date.now() < deadline;) await new Promise((resolve) => setTimeout(resolve, 20));
    return { seen: [...seen].sort(), ran: window.ran, base: document.baseURI, shown: getComputedStyle(document.body).display };
  }, [name, kinds.length]);
  assert.deepEqual(stopped, { seen: kinds, ran: undefined, base: tab.url(), shown: 'grid' });
}

/** Frames the page in another site; returns what the frame shows in the end. */
async function framed(tab, address) {
  await tab.evaluate((src) => new Promise((resolve) => {
    document.body.append(Object.assign(document.createElement('iframe'), { src, onload: resolve }));
  }), address);
  const frame = tab.frames()[1];
  assert.equal(await frame.getByRole('button').count(), 0);
  return frame.url();
}

/** Runs in another site: tries to fetch the page. */
async function fetches({ address, method, mode }) {
  try {
    const response = await fetch(address, { method, mode });
    return `open: ${response.type}`;
  } catch {
    return 'closed off';
  }
}
