// The admin's day: a colleague arrives, a role is made for a GitHub team, people
// are put in, moved and taken out, the role is renamed, deleted and taken back, a
// token is rotated. What destroys is agreed to first. After each deed the state
// is read back through another tool.
//
// Nothing here rests on who is in the sandbox: ids and names are looked up.

import { readFile, stat } from 'node:fs/promises';
import { catalog } from './catalog.mjs';
import { equal, has, holds, matches } from './expect.mjs';

const team = { provider: 'github', provider_organization_id: 'hedgehog-labs', provider_role_id: '990017', provider_role_name: 'Night Shift', provider_role_slug: 'night-shift' };

/** Steps of any client. The story has `assistant`; each step leaves what it found in the story. */
export const day = [
  ['the organization is found', async (story) => {
    const { total, organizations } = await story.assistant.ask('organizations-list');
    equal('organizations', organizations.length, total);
    const [organization] = organizations;
    matches("the key owner's level", organization.level, /^(administrator|owner)$/);

    const one = await story.assistant.ask('organizations-list', { organization_id: organization.id });
    equal('the organization by its id', one.organizations, [organization]);
    story.organization = organization;
  }],

  ['the key says whose it is, and that every tool will work', async (story) => {
    const { owner, key, organization, tools } = await story.assistant.ask('whoami');
    holds("the owner's address", owner.email.includes('@'), 'an address', owner.email);
    matches('the key, masked', key.masked, /^phx_.{0,3}\.\.\..{4}$/);
    equal('the organization', organization.id, story.organization.id);
    equal('the tools that work', tools, { work: catalog.length });
  }],

  ['a new colleague has arrived, and a search finds them', async (story) => {
    const newest = await story.assistant.ask('members-list', { limit: 1 });
    holds('people in the organization', newest.total > 20, 'more than twenty', newest.total);
    equal('rows when one is asked for', newest.members.length, 1);
    equal('offset of the next rows', newest.next_offset, 1);
    [story.newcomer] = newest.members;

    const found = await story.assistant.ask('members-list', { search: story.newcomer.email });
    has('what the search found', found.members, (one) => one.email === story.newcomer.email, story.newcomer.email);
  }],

  ['the roles are listed, and one is opened by its name', async (story) => {
    const { total, roles } = await story.assistant.ask('roles-list');
    equal('roles', roles.length, total);
    const largest = roles.toSorted((a, b) => b.member_count - a.member_count)[0];

    const { role } = await story.assistant.ask('roles-get', { role: largest.name.toUpperCase() });
    equal('id of the role opened', role.id, largest.id);
    equal('people in it', role.members.length, largest.member_count);
    story.mover = has('the people in it', role.members, (one) => one.email !== story.newcomer.email, 'somebody besides the newcomer');
    story.oldRole = role;
    story.rolesAtStart = roles;
  }],

  ['a role is created', async (story) => {
    const { changed, role, undo } = await story.assistant.ask('roles-create', { name: '  Night Shift ' });
    equal('changed', changed, true);
    equal('the role', { name: role.name, member_count: role.member_count, is_default: role.is_default }, { name: 'Night Shift', member_count: 0, is_default: undefined });
    takesBack('the role', undo);

    const { roles } = await story.assistant.ask('roles-list');
    equal('roles before and the new one', roles, [...story.rolesAtStart, role]);
    story.role = role;
  }],

  ['the role is mapped to a GitHub team', async (story) => {
    const { changed, reference, undo } = await story.assistant.ask('external-reference-create', { role: 'night shift', ...team });
    equal('changed', changed, true);
    equal('the reference', pick(reference, Object.keys(team)), team);
    equal('its role', reference.role, story.role.id);
    takesBack('the reference', undo);

    const bySlug = await story.assistant.ask('external-reference-lookup', pick(team, ['provider', 'provider_organization_id', 'provider_role_slug']));
    equal('what stands behind the slug', bySlug, { found: true, reference });
    const byID = await story.assistant.ask('external-reference-lookup', pick(team, ['provider', 'provider_organization_id', 'provider_role_id']));
    equal('what stands behind the id', byID, { found: true, reference });
    story.reference = reference;
  }],

  ['a second mapping, made by mistake, is deleted', async (story) => {
    const mistake = { role: story.role.id, provider: 'github', provider_organization_id: 'hedgehog-labs', provider_role_id: '990018', provider_role_name: 'Day Shift' };
    const { reference } = await story.assistant.ask('external-reference-create', mistake);
    equal('slug of a team without one', reference.provider_role_slug, undefined);
    const { members: [person] } = await story.assistant.ask('members-list', { search: story.mover.email, fields: ['user_uuid'] });
    const both = await story.assistant.ask('external-reference-list', { role: 'Night Shift' });
    equal("the role's references", both.references.map((one) => one.id).toSorted(), [story.reference.id, reference.id].toSorted());

    const deleted = await story.assistant.confirm('external-reference-delete', { reference_id: reference.id }, [reference.id, 'Day Shift', 'hedgehog-labs']);
    equal('changed', deleted.changed, true);
    equal('what was deleted', { ...deleted.reference, role_name: 'Night Shift' }, reference);
    const left = await story.assistant.ask('external-reference-list', { role: 'Night Shift' });
    equal("the role's references", left.references, [story.reference]);
  }],

  ['two people are put into the role', async (story) => {
    const byEmail = await story.assistant.ask('membership-add', { role: 'Night Shift', member: story.newcomer.email });
    equal('changed', byEmail.changed, true);
    equal('who was added', byEmail.memberships.map((one) => one.email), [story.newcomer.email]);
    story.joined = byEmail;
    const { members: [person] } = await story.assistant.ask('members-list', { search: story.mover.email, fields: ['user_uuid'] });
    const both = await story.assistant.ask('membership-add', { role: story.role.id, members: [person.user_uuid, story.newcomer.email] });
    equal('changed by the list', both.changed, true);
    equal('a row a person, in the order given', both.memberships.map((one) => [one.email, one.changed]), [[story.mover.email, true], [story.newcomer.email, false]]);
    const again = await story.assistant.ask('membership-add', { role: 'Night Shift', member: story.mover.email });
    equal('changed by adding somebody twice', [again.changed, again.undo], [false, undefined]);

    const { total, memberships } = await story.assistant.ask('membership-list', { role: 'Night Shift' });
    equal('people in the role', total, 2);
    equal('the memberships', memberships.map((one) => one.id), [byEmail, both].map((one) => one.memberships[0].id));
  }],

  ['one of them leaves the role held before', async (story) => {
    const { changed, memberships } = await story.assistant.confirm('membership-remove', { role: story.oldRole.name, member: story.mover.email }, [story.mover.email, story.oldRole.name]);
    equal('changed', changed, true);
    equal('who was removed', memberships.map((one) => one.email), [story.mover.email]);

    const { role } = await story.assistant.ask('roles-get', { role: story.oldRole.id });
    equal('who is left', role.members, story.oldRole.members.filter((one) => one.email !== story.mover.email));
    const kept = await story.assistant.ask('membership-get', { role: 'Night Shift', member: story.mover.email });
    equal('who is in the new role', kept.membership.email, story.mover.email);
    const gone = await story.assistant.refused('membership-get', { role: story.oldRole.id, member: story.mover.email });
    matches('what the next step names', gone.next_step, 'membership-list');
    const again = await story.assistant.ask('membership-remove', { role: story.oldRole.name, members: [story.mover.email] });
    equal('changed by removing somebody twice', again.changed, false);
  }],

  ['the newcomer leaves, by the undo that came with the joining', async (story) => {
    takesBack('the joining', story.joined.undo);
    const { changed, changes } = await story.assistant.confirm('undo', story.joined.undo.arguments, [story.newcomer.email, 'Night Shift']);
    equal('changed', changed, true);
    equal('what was done', changes.map((one) => one.state), ['done']);
    const again = await story.assistant.ask('undo', story.joined.undo.arguments);
    equal('changed by taking it back twice', again.changed, false);

    const { memberships } = await story.assistant.ask('membership-list', { role: 'Night Shift' });
    equal('who is left', memberships.map((one) => one.email), [story.mover.email]);
  }],

  ['the role is renamed', async (story) => {
    const { changed, role, undo } = await story.assistant.ask('roles-update', { role: 'Night Shift', name: 'On Call' });
    equal('changed', changed, true);
    equal('the role', role, { ...story.role, name: 'On Call', member_count: 1 });
    takesBack('the new name', undo);

    const renamed = await story.assistant.ask('roles-get', { role: 'on call' });
    equal('who is in it', renamed.role.members.map((one) => one.email), [story.mover.email]);
    await story.assistant.refused('roles-get', { role: 'Night Shift' });
  }],

  ['the role is deleted, and with it what hung on it', async (story) => {
    const { changed, role, lost, undo } = await story.assistant.confirm('roles-delete', { role: 'On Call' }, ['On Call', story.mover.email, team.provider_role_name]);
    equal('changed', changed, true);
    equal('the role', role.id, story.role.id);
    equal('who was lost', lost.members.map((one) => one.email), [story.mover.email]);
    equal('which references were lost', lost.external_references, [{ ...story.reference, role_name: 'On Call' }]);

    const { roles } = await story.assistant.ask('roles-list');
    equal('names of the roles', roles.map((one) => one.name), story.rolesAtStart.map((one) => one.name));
    const reference = await story.assistant.ask('external-reference-lookup', pick(team, ['provider', 'provider_organization_id', 'provider_role_id']));
    equal('whether the GitHub team stands for anything', reference.found, false);
    story.deleted = undo;
  }],

  ['the deletion is taken back: everything is there again, under a new id', async (story) => {
    takesBack('the deletion', story.deleted);
    const { changed, changes } = await story.assistant.ask('undo', story.deleted.arguments);
    equal('changed', changed, true);
    equal('what was done', changes.map((one) => one.state), ['done', 'done', 'done']);

    const { role } = await story.assistant.ask('roles-get', { role: 'On Call' });
    equal('who is in the role', role.members.map((one) => one.email), [story.mover.email]);
    holds('id of the role', role.id !== story.role.id, 'another than before', role.id);
    const { found, reference } = await story.assistant.ask('external-reference-lookup', pick(team, ['provider', 'provider_organization_id', 'provider_role_id']));
    equal('what stands behind the GitHub team', [found, reference?.role, pick(reference ?? {}, Object.keys(team))], [true, role.id, team]);
  }],

  ["a project's secret token is rotated, and answered masked", async (story) => {
    const { total, projects } = await story.assistant.ask('projects-list');
    equal('projects', projects.length, total);
    const [project] = projects;

    const first = await story.assistant.confirm('project-secret-token-rotate', { project: project.name }, [project.name, 'cannot be undone']);
    equal('changed', first.changed, true);
    equal('the project', first.project, { id: project.id, name: project.name });
    matches('the new token', first.secret_api_token, masked);
    equal('what takes a rotation back', first.undo, undefined);
    await holdsToken(first);
    const second = await story.assistant.confirm('project-secret-token-rotate', { project: String(project.id), settings: { timezone: 'UTC' }, view: 'full' }, [first.secret_api_token, 'cannot be undone']);
    await holdsToken(second);
    story.tokenFile = second.token_file;
    matches('the newer token', second.secret_api_token, masked);
    equal('its backup', second.secret_api_token_backup, first.secret_api_token);
    holds('the newer token', second.secret_api_token !== first.secret_api_token, 'another than before', second.secret_api_token);
    equal('the token in the whole project', second.full?.secret_api_token, second.secret_api_token);
    matches('the live token in the whole project', second.full.live_events_token, '…');
  }],

  ['the welcome page is read', async (story) => {
    const page = await story.assistant.ask('welcome-current');
    matches('the organization', page.organization_name, story.organization.name);
    holds('who invited the reader', page.inviter === undefined || page.inviter?.email, 'nobody, or somebody with an address', page);
    holds('colleagues', page.team_members.length >= 1 && page.team_members.length <= 8, '1 to 8', page.team_members);
    holds('next steps', page.suggested_next_steps.length >= 1 && page.suggested_next_steps.length <= 3, '1 to 3', page.suggested_next_steps);
  }],

  ["the journal tells the day's writes, newest first", async (story) => {
    const { writes, next_offset: more } = await story.assistant.ask('journal-list', { since: '24h', limit: 100 });
    equal('more than that', more, undefined);
    equal('the tools of the newest and the oldest', [writes[0].tool, writes.at(-1).tool], ['project-secret-token-rotate', 'roles-create']);
    equal('writes that were not done', writes.filter((one) => one.state !== 'done'), []);
    const { arguments: { id } } = story.deleted;
    has('the writes', writes, (one) => one.id.startsWith(`${id}.`) && one.tool === 'roles-delete' && one.change.includes('On Call'), `roles-delete with the id ${id}`);
    equal('what took the deletion back', writes.filter((one) => one.undoes?.startsWith(`${id}.`)).map((one) => one.tool), ['undo', 'undo', 'undo']);

    const some = await story.assistant.ask('journal-list', { tool: 'membership-remove', member: story.mover.email });
    equal('the writes about somebody', some.writes.map((one) => one.change.includes(story.oldRole.name)), [true]);
  }],

  ['every tool has been used', async (story) => {
    const unused = catalog.filter(({ name }) => !story.assistant.used.has(name));
    equal('tools that gave no result', unused.map(({ name, operation }) => `${name}: ${operation}`), []);
  }],
];

/** How a project's secret token is shown: its prefix and last four characters. */
const masked = /^phs_…[A-Za-z0-9_-]{4}$/;

/** A write's undo is a call of the tool undo with an id. */
function takesBack(what, undo) {
  equal(`what takes ${what} back`, [undo?.tool, Object.keys(undo?.arguments ?? {})], ['undo', ['id']]);
}

/** The file that a rotation names has the token whose mask it shows, and nobody else may read it. */
async function holdsToken({ token_file: file, secret_api_token: mask }) {
  const token = (await readFile(file, 'utf8')).trim();
  holds("the token's file", `phs_…${token.slice(-4)}` === mask && token.startsWith('phs_') && token.length > 20, `the token ${mask}`, `${token.length} characters`);
  if (process.platform !== 'win32') equal("mode of the token's file", ((await stat(file)).mode & 0o777).toString(8), '600');
}

function pick(object, names) {
  return Object.fromEntries(names.map((name) => [name, object[name]]));
}
