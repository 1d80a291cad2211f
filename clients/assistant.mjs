// The assistant that plays the stories: it calls tools through any client and
// checks what holds for every answer, so that the stories need not.

import { Unexpected, equal, holds, matches } from './expect.mjs';
import { yes } from './person.mjs';

/**
 * A whole secret of PostHog: a personal key, an OAuth token, a project's secret
 * token. Masked, it has a "…" after the prefix. Public tokens (phc_) may be shown.
 */
export const secret = /ph[xars]_[A-Za-z0-9_-]{6,}/;

export class Assistant {
  /** Names of the tools that gave a result. */
  used = new Set();
  /** How many results came back. */
  results = 0;

  /**
   * A client has call(tool, args), which returns the protocol's tool result, and
   * a person if it shows questions to one.
   */
  constructor(client) {
    this.client = client;
  }

  /** Calls a tool that must succeed, with no question asked; returns its structured result. */
  async ask(tool, args = {}) {
    const before = this.#questions();
    const result = await this.#result(tool, args);
    equal(`${tool} ${JSON.stringify(args)}: what it asked`, this.#questions().slice(before.length), []);
    holds(`${tool} ${JSON.stringify(args)}`, !('preview' in result), 'no preview', result);
    this.used.add(tool);
    return result;
  }

  /** Calls a tool that must succeed; returns all parts of its content. */
  async parts(tool, args = {}) {
    const answer = await this.#call(tool, args);
    holds(`${tool} ${JSON.stringify(args)}`, !answer.isError, 'a result', answer);
    return answer.content;
  }

  /**
   * Calls a tool that destroys something, and agrees to it the way that the
   * client allows: the person says yes, or a second call brings the confirmation.
   * Each of the names must be in the question. Returns the structured result.
   */
  async confirm(tool, args, names) {
    if (!this.client.person) {
      const { confirmation } = await this.preview(tool, args, names);
      return this.ask(tool, { ...args, confirmation });
    }
    const before = this.#questions();
    this.client.person.word = yes;
    const result = await this.#result(tool, args);
    this.#askedOnce(tool, before, names);
    holds(`${tool} ${JSON.stringify(args)}`, !('preview' in result), 'no preview after a yes', result);
    this.used.add(tool);
    return result;
  }

  /** The person gives a word that is no yes; the call must be refused. Returns the failure. */
  async decline(tool, args, names, word) {
    const before = this.#questions();
    this.client.person.word = word;
    const failure = await this.refused(tool, args);
    this.#askedOnce(tool, before, names);
    return failure;
  }

  /** Calls a tool that must answer with a preview and no more; returns the preview. */
  async preview(tool, args, names) {
    const call = `${tool} ${JSON.stringify(args)}`;
    const { preview, ...rest } = await this.#result(tool, args);
    equal(`${call}: what it says besides the preview`, rest, { changed: false });
    holds(`${call}: the preview's confirmation`, /^[\w-]{20,200}$/.test(preview?.confirmation), '20 to 200 characters', preview);
    matches(`${call}: the next step`, preview.next_step, /Nothing was done.*Show this to the user.*never confirm by yourself/);
    holds(`${call}: what would be done`, preview.would_do.length > 0, 'a sentence or more', preview);
    const question = [...preview.would_do, ...preview.would_lose ?? []].join('\n');
    for (const name of names) matches(`${call}: the preview`, question, name);
    return preview;
  }

  #questions() { return [...this.client.person?.questions ?? []]; }

  #askedOnce(tool, before, names) {
    const asked = this.#questions().slice(before.length);
    equal(`${tool}: questions`, asked.length, 1);
    const [{ message, requestedSchema }] = asked;
    for (const name of names) matches(`${tool}: the question`, message, name);
    equal(`${tool}: what the form asks for`, Object.entries(requestedSchema.properties).map(([field, { type }]) => [field, type]), [['confirm', 'boolean']]);
    equal(`${tool}: what the form requires`, requestedSchema.required, ['confirm']);
  }

  async #result(tool, args) {
    const answer = await this.#call(tool, args);
    if (answer.isError) throw new Unexpected(`${tool} ${JSON.stringify(args)} answers with an error`, 'a result', text(answer));
    equal(`${tool}: the text is the structured result as JSON`, JSON.parse(text(answer, tool)), answer.structuredContent);
    return answer.structuredContent;
  }

  /** Calls a tool that must refuse; returns the failure that it describes. */
  async refused(tool, args = {}) {
    const answer = await this.#call(tool, args);
    const call = `${tool} ${JSON.stringify(args)}`;
    holds(`${call} is refused`, answer.isError === true, 'isError: true', answer);
    holds(`${call}: an error has no structured result`, !('structuredContent' in answer), 'text only', answer);
    const failure = JSON.parse(text(answer));
    for (const field of ['error', 'next_step']) {
      holds(`${call}: the error has ${field}`, typeof failure[field] === 'string' && failure[field] !== '', 'a sentence', failure);
    }
    holds(`${call}: the error shows no stack`, !/goroutine \d|\.go:\d/.test(text(answer)), 'words for a reader', failure);
    return failure;
  }

  async #call(tool, args) {
    const answer = await this.client.call(tool, args);
    if (!answer.isError) this.results++;
    const found = JSON.stringify(answer).match(secret);
    if (found) throw new Unexpected(`${tool} ${JSON.stringify(args)}`, 'no whole key or token in the answer', `one that begins ${found[0].slice(0, 8)}`);
    return answer;
  }
}

/** Tools whose result is about one role, and links to it where the protocol knows links. */
const linking = ['roles-get', 'roles-create', 'roles-update'];

/** The text of an answer, which must be all of its content but for a link. */
function text(answer, tool) {
  const kinds = answer.content?.map((part) => part.type);
  if (kinds?.length === 2 && linking.includes(tool)) equal('the kinds of content in the answer', kinds, ['text', 'resource_link']);
  else equal('the kinds of content in the answer', kinds, ['text']);
  return answer.content[0].text;
}
