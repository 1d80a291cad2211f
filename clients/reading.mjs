// What a client reads, starts and completes besides calling tools.

import { equal, has, holds, matches } from './expect.mjs';

/** What the server must offer, by address and by name. */
const addresses = ['posthog-org://organization', 'posthog-org://roles', 'posthog-org://references', 'posthog-org://schemas/project-settings', 'posthog-org://docs/writes'];
const templates = ['posthog-org://roles/{role}', 'posthog-org://members/{member}', 'posthog-org://docs/{page}'];
const prompts = ['onboard', 'offboard', 'review-access', 'map-provider', 'explain-access', 'prepare-welcome', 'rotate-secret'];

/** A person of the sandbox, and a role that she is in. */
const person = 'ana.kovac@example.com';
const role = 'Support';

/** Steps of any client. The story has `client`. */
export const reading = [
  ['resources and templates are listed, and one of each is read', async ({ client }) => {
    const listed = await client.resources();
    for (const uri of addresses) described('the resource list', has('the resource list', listed, (one) => one.uri === uri, uri));
    const forms = await client.templates();
    equal('templates', forms.map((one) => one.uriTemplate).toSorted(), templates.toSorted());
    for (const one of forms) described('the template list', one);

    const roles = await content(client, 'posthog-org://roles');
    const { id } = has('the roles', roles.roles, (one) => one.name === role, role);
    const { role: opened } = await content(client, `posthog-org://roles/${role.toLowerCase()}`);
    equal('id of the role that was opened by its name', opened.id, id);
    has('the people in it', opened.members, (one) => one.email === person, person);
    const { roles: theirs } = await content(client, `posthog-org://members/${encodeURIComponent(person)}`);
    has('the roles of a person', theirs, (one) => one.id === id, role);
  }],

  ['prompts are listed, and one is read with an argument quoted as data', async ({ client }) => {
    const listed = await client.prompts();
    equal('prompts', listed.map((one) => one.name).toSorted(), prompts.toSorted());
    for (const one of listed) described('the prompt list', one);
    const [message, ...more] = await client.prompt('offboard', { member: person });
    equal('further messages', more, []);
    equal('who speaks', message.role, 'user');
    matches('the message', message.content.text, `- member: "${person}"`);
    matches('the message', message.content.text, '`membership-remove`');
  }],
];

/** Steps of a client that keeps one connection, and can complete. The story has `client`. */
export const typing = [
  ['a role name, an e-mail and a page are completed', async ({ client }) => {
    const roleForm = { type: 'ref/resource', uri: 'posthog-org://roles/{role}' };
    equal('what "sUpp" completes to', (await client.complete(roleForm, 'role', 'sUpp')).values, [role]);
    const all = await client.complete(roleForm, 'role', '');
    holds('what nothing completes to', all.values.includes(role) && all.total === all.values.length, 'all roles', all);
    const onboard = { type: 'ref/prompt', name: 'onboard' };
    equal('what a surname completes to', (await client.complete(onboard, 'member', 'kova')).values, [person]);
    equal('what "Support, eng" completes to', (await client.complete(onboard, 'roles', 'Support, eng')).values, ['Support, Engineering']);
    const docs = await client.complete({ type: 'ref/resource', uri: 'posthog-org://docs/{page}' }, 'page', 'writ');
    equal('what "writ" completes to', docs.values, ['writes']);
  }],

  ['what is not there is refused with what comes close', async ({ client }) => {
    let refused;
    try {
      await client.read('posthog-org://roles/suport');
    } catch (error) {
      refused = error;
    }
    matches('the refusal', refused?.message, /No role is called "suport".*"Support"/s);
    // Line 2 gives the older code, which the server sends to older clients, as the newer one.
    holds('its code', [-32002, -32602].includes(refused.code), '-32002 or -32602', refused.code);
  }],
];

/** The last steps of a client that keeps one connection: they change something. The story has `assistant` and `client`. */
export const watching = [
  ['a write is told to who subscribed to what it touches, and its result links there', async ({ client, assistant }) => {
    const told = await client.watch(['posthog-org://roles', 'posthog-org://references']);
    const name = 'Watched';
    const { role: made } = await assistant.ask('roles-create', { name });
    equal('addresses told of', await told(1), ['posthog-org://roles']);

    const parts = await assistant.parts('roles-get', { role: name });
    const links = parts.filter((part) => part.type === 'resource_link');
    equal('links of the result', links.map((link) => [link.uri, link.name]), client.wanted >= '2025-06-18' ? [[`posthog-org://roles/${made.id}`, name]] : []);
  }],
];

/** What is at an address, as JSON. */
async function content(client, uri) {
  const [part, ...more] = await client.read(uri);
  equal(`${uri}: further parts`, more, []);
  equal(`${uri}: its address`, part.uri, uri);
  equal(`${uri}: its type`, part.mimeType, 'application/json');
  return JSON.parse(part.text);
}

function described(where, one) {
  holds(where, one.name && one.title && one.description, 'a name, a title and a description', one);
}
