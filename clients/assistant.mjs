// The assistant that plays the stories: it calls tools through any client and
// checks what holds for every answer, so that the stories need not.

import { Unexpected, equal, holds } from './expect.mjs';

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

  /** A client has call(tool, args), which returns the protocol's tool result. */
  constructor(client) {
    this.client = client;
  }

  /** Calls a tool that must succeed; returns its structured result. */
  async ask(tool, args = {}) {
    const answer = await this.#call(tool, args);
    if (answer.isError) throw new Unexpected(`${tool} ${JSON.stringify(args)} answers with an error`, 'a result', text(answer));
    equal(`${tool}: the text is the structured result as JSON`, JSON.parse(text(answer)), answer.structuredContent);
    this.used.add(tool);
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

/** The text of an answer, which must be all of its content. */
function text(answer) {
  equal('the kinds of content in the answer', answer.content?.map((part) => part.type), ['text']);
  return answer.content[0].text;
}
