// Plays stories step by step, prints one line a step, and counts.

/** No step takes longer: the slowest starts eight processes. */
const stepLimit = 60_000;

/** The result of one client: its lines on the terminal and its closing line. */
export class Report {
  passed = 0;
  failed = 0;
  skipped = 0;

  constructor(client) {
    this.client = client;
  }

  /**
   * Runs the steps in order, each with the same story object. A step that fails
   * ends its story, because what follows rests on it.
   */
  async play(steps, story) {
    for (const [index, [sentence, run]] of steps.entries()) {
      try {
        await within(stepLimit, run(story));
      } catch (error) {
        this.fail(sentence, error, story.client.log);
        this.skipped += steps.length - index - 1;
        return;
      }
      this.passed++;
      console.log(`ok    ${this.client}: ${sentence}`);
    }
  }

  /** Log is what the server wrote to stderr until then, if the client kept it. */
  fail(sentence, error, log = '') {
    this.failed++;
    console.log(`FAIL  ${this.client}: ${sentence}`);
    console.log(indent(describe(error)));
    if (log.trim() !== '') console.log(indent(`stderr of the server:\n${log.trim()}`));
  }

  /** Prints the closing line. */
  close(seconds) {
    const skipped = this.skipped > 0 ? `, ${this.skipped} not run` : '';
    console.log(`${this.client}: ${this.passed} passed, ${this.failed} failed${skipped} (${seconds.toFixed(1)} s)`);
  }
}

/** Rejects when the promise is not settled after so many milliseconds. */
export async function within(milliseconds, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end after ${milliseconds / 1000} s`)), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

function indent(text) {
  return text.replace(/^/gm, '      ');
}

/** What went wrong, and where in this folder. */
function describe(error) {
  if (!(error instanceof Error)) return String(error);
  const message = error.name === 'Unexpected' ? error.message : `${error.name}: ${error.message}`;
  const place = /[/\\]clients[/\\](?!node_modules)([\w.-]+:\d+)/g;
  const places = [...(error.stack ?? '').matchAll(place)].map((match) => match[1]).filter((at) => !at.startsWith('expect.mjs'));
  return places.length > 0 ? `${message}\n(${places.slice(0, 3).join(', from ')})` : message;
}
