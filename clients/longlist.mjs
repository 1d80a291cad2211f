// An API whose list of roles takes many pages, for a server to read: the sandbox
// has far fewer.

import { createServer } from 'node:http';

/** How many roles it has, and how many a page holds at most. */
export const roles = 1000;
const pageLength = 100;

/** Starts the API on this machine, for as long as the process runs; returns the variables that point a server at it. */
export function startLongList() {
  const server = createServer((request, response) => {
    const address = new URL(request.url, `http://${request.headers.host}`);
    const limit = Number(address.searchParams.get('limit') ?? pageLength);
    const offset = Number(address.searchParams.get('offset') ?? 0);
    const end = Math.min(offset + limit, roles);
    const results = Array.from({ length: end - offset }, (_, i) => role(offset + i));
    address.searchParams.set('offset', end);
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ count: roles, next: end < roles ? address.href : null, previous: null, results }));
  });
  server.unref();
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => resolve({
      POSTHOG_HOST: `http://127.0.0.1:${server.address().port}`, POSTHOG_PERSONAL_API_KEY: 'key-of-the-long-list', POSTHOG_MCP_JOURNAL: 'off',
      POSTHOG_MCP_MAX_RESULT_BYTES: '1000000', // all rows of the ten pages in one answer
    }));
  });
}

function role(i) {
  return {
    id: `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`, name: `Role ${i}`, created_at: '2024-05-01T09:30:00.123456Z',
    created_by: null, members: [], is_default: false,
  };
}
