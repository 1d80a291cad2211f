// Wrong input: each mistake gets one clear answer, changes nothing, and the
// next call works.

import { equal, has, holds, matches } from './expect.mjs';

/** The protocol's code for "invalid params", which unknown tool names are answered with. */
const invalidParams = -32602;

/** Mistakes in the arguments: what a person would call it, the call, what the answer must say. */
const wrongCalls = [
  ['an unknown argument', 'roles-list', { limitt: 5 }, /Unknown argument "limitt"; use "limit"\./],
  ['an argument of another tool', 'welcome-current', { role: 'Engineering' }, /Unknown argument "role"/],
  ['a missing argument', 'roles-create', {}, /Argument "name" is missing/],
  ['a call without two arguments', 'external-reference-create', { role: 'Engineering', provider: 'github', provider_role_id: '1' }, /Argument "provider_organization_id" is missing\..*Argument "provider_role_name" is missing\./],
  ['a role for nobody', 'membership-add', { role: 'Engineering' }, /Argument "member" \(one person\) or "members" \(several\) is missing/],
  ['a person and a list', 'membership-remove', { role: 'Engineering', member: '@me', members: ['@me'] }, /Give "member" or "members", not both/],
  ['a confirmation where none is asked for', 'roles-create', { name: 'Night Shift', confirmation: 'yes' }, /Unknown argument "confirmation"/],
  ['a write that was never made', 'undo', { id: 'nonesuch' }, /journal has no such write/],
  ['a word for a number', 'roles-list', { limit: 'ten' }, /Argument "limit" must be a whole number, not "ten"/],
  ['a number out of bounds', 'roles-list', { limit: 0 }, /Argument "limit" must be at least 1/],
  ['a word outside of an enum', 'members-list', { order: 'age' }, /Argument "order" must be "joined_at" or "-joined_at", not "age"/],
  ['a blank name', 'roles-create', { name: '   ' }, /Argument "name" must not be blank/],
  ['an id that is a path', 'roles-delete', { role: '../../users' }, /\.\.\/\.\.\/users/],
  ['an organization that is no id', 'roles-list', { organization_id: 'acme' }, /"organization_id" must be a UUID or @current/],
  ['a reference that is no id', 'external-reference-delete', { reference_id: '%2e%2e/' }, /"reference_id" must be a UUID/],
  ['a setting that does not exist', 'project-secret-token-rotate', { project: '1', settings: { timezon: 'UTC' } }, /"timezon"/],
];

/** Steps of a client that keeps one connection. The story has `assistant` and `client`. */
export const mistakes = [
  ...wrongCalls.map(([mistake, tool, args, said]) => [`${mistake} is refused, and the next call works`, async (story) => {
    const before = await state(story);
    const failure = await story.assistant.refused(tool, args);
    matches('the error', failure.error, said);
    equal('the state afterwards', await state(story), before);
  }]),

  ['a name that nearly fits is answered with the role that is meant', async (story) => {
    const [role] = (await state(story)).roles;
    const failure = await story.assistant.refused('roles-get', { role: `${role.name}s` });
    has('the candidates', failure.candidates, (one) => one.id === role.id && one.name === role.name, role.name);
  }],

  ['a name that is taken is answered with the role that has it', async (story) => {
    const before = await state(story);
    const [role] = before.roles;
    const failure = await story.assistant.refused('roles-create', { name: role.name.toUpperCase() });
    equal('the candidates', failure.candidates, [{ id: role.id, name: role.name }]);
    equal('the state afterwards', await state(story), before);
  }],

  ['an unknown tool is refused, and the next call works', async (story) => {
    const before = await state(story);
    let answer;
    const error = await story.client.call('roles-rename', {}).then((result) => { answer = result; }, (thrown) => thrown);
    holds('the call', error instanceof Error, 'a protocol error', answer);
    equal('code of the error', error.code, invalidParams);
    matches('the error', error.message, 'roles-rename');
    equal('the state afterwards', await state(story), before);
  }],
];

/** What a wrong call could have changed. */
async function state({ assistant }) {
  const { roles } = await assistant.ask('roles-list');
  const { total: references } = await assistant.ask('external-reference-list', { limit: 1 });
  return { roles, references };
}
