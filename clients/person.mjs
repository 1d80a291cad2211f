// Somebody who sits at a client that shows the server's questions, and answers.

/** The four things that can be done with a question; only the first is a yes. */
export const yes = { action: 'accept', content: { confirm: true } };
export const unticked = { action: 'accept', content: { confirm: false } };
export const decline = { action: 'decline' };
export const cancel = { action: 'cancel' };

export class Person {
  /** What was asked so far, as the protocol's parameters. */
  questions = [];
  /** What comes back for the next questions. */
  word = yes;

  /** The handler for elicitation/create that both SDKs take. */
  answer = async ({ params }) => {
    this.questions.push(params);
    return this.word;
  };
}
