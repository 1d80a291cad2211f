// What destroys something asks first. Where the client shows questions to a
// person, their word decides; elsewhere a preview is answered, and only its own
// confirmation counts. Each step works on a role that it makes for itself.

import { equal, has, holds, matches } from './expect.mjs';
import { cancel, decline, unticked, yes } from './person.mjs';

const group = { provider: 'github', provider_organization_id: 'hedgehog-labs', provider_role_id: '770001', provider_role_name: 'Lamp Lighters' };

/** Steps of a client that shows questions to a person. The story has `assistant` and `client`. */
export const consentByPerson = [
  ...[
    ['declines', decline, /declined/],
    ['agrees without ticking the box', unticked, /declined/],
    ['closes the question', cancel, /dismissed/],
  ].map(([does, word, said]) => [`nothing happens when the person ${does}`, async (story) => {
    const { role, names } = await furnished(story);
    const before = await state(story);
    const failure = await story.assistant.decline('roles-delete', { role: role.id }, names, word);
    matches('the error', failure.error, said);
    matches('the error', failure.error, 'Nothing was changed');
    equal('the state afterwards', await state(story), before);

    const { writes } = await story.assistant.ask('journal-list', { limit: 1 });
    equal('the last write of the journal', [writes[0].tool, writes[0].state], ['roles-delete', 'declined']);
    await cleared(story, role);
  }]),

  ['the person is asked once for each deed, and for nothing else', async (story) => {
    const { role, people } = await furnished(story); // asks nothing, or its calls fail
    const { person } = story.client;
    const before = person.questions.length;
    await story.assistant.confirm('membership-remove', { role: role.id, members: people.map((one) => one.email) }, people.map((one) => one.email));
    await story.assistant.confirm('roles-delete', { role: role.id }, [role.name, group.provider_role_name]);
    equal('questions for two deeds', person.questions.length - before, 2);
    equal('what is left of the role', (await state(story)).roles.filter((one) => one.id === role.id), []);
  }],

  ['taking something back asks when it removes, and only then', async (story) => {
    const { role, undo } = await story.assistant.ask('roles-create', { name: 'Lamp Lighters' });
    await story.assistant.decline('undo', undo.arguments, [role.name], decline);
    const gone = await story.assistant.confirm('undo', undo.arguments, [role.name]);
    const back = await story.assistant.ask('undo', gone.undo.arguments);
    equal('changed by taking the undo back', back.changed, true);
    await cleared(story, role);
  }],

  ['a confirmation that nobody gave out is no way round the person', async (story) => {
    const { role } = await furnished(story);
    const before = await state(story);
    const asked = story.client.person.questions.length;
    story.client.person.word = decline;
    await story.assistant.refused('roles-delete', { role: role.id, confirmation: 'a'.repeat(64) });
    equal('the state afterwards', await state(story), before);
    holds('questions', story.client.person.questions.length - asked <= 1, 'one at most', story.client.person.questions.slice(asked));
    story.client.person.word = yes;
    await cleared(story, role);
  }],
];

/** Steps of a client that keeps one connection and cannot ask. The story has `assistant`. */
export const consentByPreview = [
  ['a preview names what would be lost, and nothing is lost', async (story) => {
    const { role, names } = await furnished(story);
    const before = await state(story);
    const first = await story.assistant.preview('roles-delete', { role: role.id }, names);
    const second = await story.assistant.preview('roles-delete', { role: role.id }, names);
    holds('the second confirmation', second.confirmation !== first.confirmation, 'another than the first', 'the same');
    equal('the state afterwards', await state(story), before);
    story.role = role;
  }],

  ['a confirmation that was altered, made up or given out for something else is refused', async (story) => {
    const { role } = story;
    const before = await state(story);
    const { confirmation } = await story.assistant.preview('roles-delete', { role: role.id }, []);
    const [other] = before.roles;
    const { confirmation: ofAnother } = await story.assistant.preview('roles-delete', { role: other.id }, []);
    for (const [what, wrong] of [
      ['its first letter changed', altered(confirmation, 0)],
      ['its last letter changed', altered(confirmation, confirmation.length - 1)],
      ['cut', confirmation.slice(0, -8)],
      ['a plain yes', 'yes'],
      ['of another role', ofAnother],
    ]) {
      const failure = await story.assistant.refused('roles-delete', { role: role.id, confirmation: wrong });
      matches(`the error (${what})`, failure.error, /not for this call.*Nothing was changed/);
      matches(`the next step (${what})`, failure.next_step, 'without confirmation');
    }
    for (const [tool, args] of [['roles-delete', { role: role.name }], ['undo', { id: story.roleMade.arguments.id }]]) {
      const failure = await story.assistant.refused(tool, { ...args, confirmation });
      matches(`the error of ${tool} with other arguments`, failure.error, /not for this call/);
    }
    equal('the state afterwards', await state(story), before);
  }],

  ['what has changed since the preview is asked again', async (story) => {
    const { role } = story;
    const { confirmation } = await story.assistant.preview('roles-delete', { role: role.id }, []);
    const renamed = await story.assistant.ask('roles-update', { role: role.id, name: 'Gas Lighters' });
    const again = await story.assistant.preview('roles-delete', { role: role.id, confirmation }, ['Gas Lighters']);
    matches('the next step', again.next_step, 'has changed');
    await story.assistant.ask('undo', renamed.undo.arguments);
    equal('name of the role', (await story.assistant.ask('roles-get', { role: role.id })).role.name, role.name);
  }],

  ['a confirmation counts once', async (story) => {
    const { projects: [project] } = await story.assistant.ask('projects-list');
    const args = { project: project.name };
    const { confirmation } = await story.assistant.preview('project-secret-token-rotate', args, [project.name]);
    const { secret_api_token: token } = await story.assistant.ask('project-secret-token-rotate', { ...args, confirmation });
    const failure = await story.assistant.refused('project-secret-token-rotate', { ...args, confirmation });
    matches('the error', failure.error, /used already.*Nothing was changed/);
    await story.assistant.preview('project-secret-token-rotate', args, [token]); // it is still the token in use
  }],

  ['taking something back asks when it removes, and only then', async (story) => {
    await story.assistant.confirm('roles-delete', { role: story.role.id }, [story.role.name]);
    const { role, undo } = await story.assistant.ask('roles-create', { name: 'Lamp Lighters' });
    const gone = await story.assistant.confirm('undo', undo.arguments, [role.name]);
    const back = await story.assistant.ask('undo', gone.undo.arguments);
    equal('changed by taking the undo back', back.changed, true);
    await cleared(story, role);
  }],
];

/** Makes a role with two people and a reference; also returns what a question about it must name. */
async function furnished(story) {
  const { members: people } = await story.assistant.ask('members-list', { limit: 2 });
  const { role, undo } = await story.assistant.ask('roles-create', { name: 'Lamp Lighters' });
  story.roleMade = undo;
  await story.assistant.ask('membership-add', { role: role.id, members: people.map((one) => one.email) });
  const { reference } = await story.assistant.ask('external-reference-create', { role: role.id, ...group });
  has('the role', (await state(story)).roles, (one) => one.id === role.id && one.member_count === 2, 'two people in it');
  return { role, people, names: [role.name, ...people.map((one) => one.email), reference.provider_role_name] };
}

async function cleared(story, { name }) {
  await story.assistant.confirm('roles-delete', { role: name }, [name]);
}

/** What a deletion could have changed. */
async function state({ assistant }) {
  const { roles } = await assistant.ask('roles-list');
  const { references } = await assistant.ask('external-reference-list');
  return { roles, references };
}

function altered(text, at) {
  return text.slice(0, at) + (text[at] === 'a' ? 'b' : 'a') + text.slice(at + 1);
}
