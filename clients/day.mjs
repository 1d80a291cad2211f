// The admin's day: a colleague arrives, a role is made for a GitHub team, people
// are put in, moved and taken out, the role is renamed and deleted, a token is
// rotated. After each deed the state is read back through another tool.
//
// Nothing here rests on who is in the sandbox: ids and names are looked up.

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

  ['a new colleague has arrived, and a search finds them', async (story) => {
    const newest = await story.assistant.ask('members-list', { limit: 1 });
    holds('people in the organization', newest.total > 20, 'more than twenty', newest.total);
    equal('rows when one is asked for', newest.members.length, 1);
    equal('offset of the next rows', newest.next_offset, 1);
    [story.newcomer] = newest.members;

    const found = await story.assistant.ask('members-list', { search: story.newcomer.email });
    has('what the search found', found.members, (one) => one.user_uuid === story.newcomer.user_uuid, story.newcomer.email);
  }],

  ['the roles are listed, and one is opened by its name', async (story) => {
    const { total, roles } = await story.assistant.ask('roles-list');
    equal('roles', roles.length, total);
    const largest = roles.toSorted((a, b) => b.member_count - a.member_count)[0];

    const { role } = await story.assistant.ask('roles-get', { role: largest.name.toUpperCase() });
    equal('id of the role opened', role.id, largest.id);
    equal('people in it', role.members.length, largest.member_count);
    story.mover = has('the people in it', role.members, (one) => one.user_uuid !== story.newcomer.user_uuid, 'somebody besides the newcomer');
    story.oldRole = role;
    story.rolesAtStart = roles;
  }],

  ['a role is created', async (story) => {
    const { changed, role, undo } = await story.assistant.ask('roles-create', { name: '  Night Shift ' });
    equal('changed', changed, true);
    equal('the role', { name: role.name, member_count: role.member_count, is_default: role.is_default }, { name: 'Night Shift', member_count: 0, is_default: false });
    equal('what takes it back', undo?.tool, 'roles-delete');

    const { roles } = await story.assistant.ask('roles-list');
    equal('roles before and the new one', roles, [...story.rolesAtStart, role]);
    story.role = role;
  }],

  ['the role is mapped to a GitHub team', async (story) => {
    const { changed, reference, undo } = await story.assistant.ask('external-reference-create', { role: 'night shift', ...team });
    equal('changed', changed, true);
    equal('the reference', pick(reference, Object.keys(team)), team);
    equal('its role', reference.role, story.role.id);
    equal('what takes it back', undo, { tool: 'external-reference-delete', arguments: { reference_id: reference.id } });

    const bySlug = await story.assistant.ask('external-reference-lookup', pick(team, ['provider', 'provider_organization_id', 'provider_role_slug']));
    equal('what stands behind the slug', bySlug, { found: true, reference });
    const byID = await story.assistant.ask('external-reference-lookup', pick(team, ['provider', 'provider_organization_id', 'provider_role_id']));
    equal('what stands behind the id', byID, { found: true, reference });
    story.reference = reference;
  }],

  ['a second mapping, made by mistake, is deleted', async (story) => {
    const mistake = { role: story.role.id, provider: 'github', provider_organization_id: 'hedgehog-labs', provider_role_id: '990018', provider_role_name: 'Day Shift' };
    const { reference } = await story.assistant.ask('external-reference-create', mistake);
    equal('slug of a team without one', reference.provider_role_slug, null);
    const both = await story.assistant.ask('external-reference-list', { role: 'Night Shift' });
    equal("the role's references", both.references.map((one) => one.id).toSorted(), [story.reference.id, reference.id].toSorted());

    const deleted = await story.assistant.ask('external-reference-delete', { reference_id: reference.id });
    equal('changed', deleted.changed, true);
    equal('what was deleted', deleted.reference, reference);
    const left = await story.assistant.ask('external-reference-list', { role: 'Night Shift' });
    equal("the role's references", left.references, [story.reference]);
  }],

  ['two people are put into the role', async (story) => {
    const byEmail = await story.assistant.ask('membership-add', { role: 'Night Shift', member: story.newcomer.email });
    equal('changed', byEmail.changed, true);
    equal('who was added', byEmail.membership.user_uuid, story.newcomer.user_uuid);
    story.joined = byEmail;
    const byUUID = await story.assistant.ask('membership-add', { role: story.role.id, member: story.mover.user_uuid });
    equal('who was added', byUUID.membership.email, story.mover.email);
    const again = await story.assistant.ask('membership-add', { role: 'Night Shift', member: story.mover.email });
    equal('changed by adding somebody twice', again.changed, false);

    const { total, memberships } = await story.assistant.ask('membership-list', { role: 'Night Shift' });
    equal('people in the role', total, 2);
    equal('the memberships', memberships, [byEmail.membership, byUUID.membership]);
  }],

  ['one of them leaves the role held before', async (story) => {
    const { changed, membership } = await story.assistant.ask('membership-remove', { role: story.oldRole.name, member: story.mover.email });
    equal('changed', changed, true);
    equal('who was removed', membership.id, story.mover.membership_id);

    const { role } = await story.assistant.ask('roles-get', { role: story.oldRole.id });
    equal('who is left', role.members, story.oldRole.members.filter((one) => one.user_uuid !== story.mover.user_uuid));
    const kept = await story.assistant.ask('membership-get', { role: 'Night Shift', member: story.mover.email });
    equal('who is in the new role', kept.membership.user_uuid, story.mover.user_uuid);
    const gone = await story.assistant.refused('membership-get', { role: story.oldRole.id, member: story.mover.email });
    matches('what the next step names', gone.next_step, 'membership-list');
  }],

  ['the newcomer leaves, by the undo that came with the joining', async (story) => {
    equal('what takes the joining back', story.joined.undo?.tool, 'membership-remove');
    const { changed, membership } = await story.assistant.ask(story.joined.undo.tool, story.joined.undo.arguments);
    equal('changed', changed, true);
    equal('what was removed', membership.id, story.joined.membership.id);

    const { memberships } = await story.assistant.ask('membership-list', { role: 'Night Shift' });
    equal('who is left', memberships.map((one) => one.email), [story.mover.email]);
  }],

  ['the role is renamed', async (story) => {
    const { changed, role, undo } = await story.assistant.ask('roles-update', { role: 'Night Shift', name: 'On Call' });
    equal('changed', changed, true);
    equal('the role', role, { ...story.role, name: 'On Call', member_count: 1 });
    equal('what takes it back', undo, { tool: 'roles-update', arguments: { role: role.id, name: 'Night Shift' } });

    const renamed = await story.assistant.ask('roles-get', { role: 'on call' });
    equal('who is in it', renamed.role.members.map((one) => one.email), [story.mover.email]);
    await story.assistant.refused('roles-get', { role: 'Night Shift' });
  }],

  ['the role is deleted, and with it what hung on it', async (story) => {
    const { changed, role, lost } = await story.assistant.ask('roles-delete', { role: 'On Call' });
    equal('changed', changed, true);
    equal('the role', role.id, story.role.id);
    equal('who was lost', lost.members.map((one) => one.email), [story.mover.email]);
    equal('which references were lost', lost.external_references, [story.reference]);

    const { roles } = await story.assistant.ask('roles-list');
    equal('names of the roles', roles.map((one) => one.name), story.rolesAtStart.map((one) => one.name));
    const reference = await story.assistant.ask('external-reference-lookup', pick(team, ['provider', 'provider_organization_id', 'provider_role_id']));
    equal('what stands behind the GitHub team', reference, { found: false });
  }],

  ["a project's secret token is rotated, and answered masked", async (story) => {
    const { total, projects } = await story.assistant.ask('projects-list');
    equal('projects', projects.length, total);
    const [project] = projects;

    const first = await story.assistant.ask('project-secret-token-rotate', { project: project.name });
    equal('changed', first.changed, true);
    equal('the project', first.project, { id: project.id, name: project.name });
    matches('the new token', first.secret_api_token, masked);
    const second = await story.assistant.ask('project-secret-token-rotate', { project: String(project.id), settings: { timezone: 'UTC' }, view: 'full' });
    matches('the newer token', second.secret_api_token, masked);
    equal('its backup', second.secret_api_token_backup, first.secret_api_token);
    holds('the newer token', second.secret_api_token !== first.secret_api_token, 'another than before', second.secret_api_token);
    equal('the token in the whole project', second.full?.secret_api_token, second.secret_api_token);
    matches('the live token in the whole project', second.full.live_events_token, '…');
  }],

  ['the welcome page is read', async (story) => {
    const page = await story.assistant.ask('welcome-current');
    matches('the organization', page.organization_name, story.organization.name);
    holds('colleagues', page.team_members.length >= 1 && page.team_members.length <= 8, '1 to 8', page.team_members);
    holds('next steps', page.suggested_next_steps.length >= 1 && page.suggested_next_steps.length <= 3, '1 to 3', page.suggested_next_steps);
  }],

  ['every tool has been used', async (story) => {
    const unused = catalog.filter(({ name }) => !story.assistant.used.has(name));
    equal('tools that gave no result', unused.map(({ name, operation }) => `${name}: ${operation}`), []);
  }],
];

/** How a project's secret token is shown: its prefix and last four characters. */
const masked = /^phs_…[A-Za-z0-9_-]{4}$/;

function pick(object, names) {
  return Object.fromEntries(names.map((name) => [name, object[name]]));
}
