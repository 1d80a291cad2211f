// The file system of the container image, put together by the Dockerfile's COPY
// lines on what distroless/static has, and started as a container would be: as
// the image's user, with a read-only root. It needs root, and no Docker.

import { chmodSync, chownSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, hasTools, run, tell } from './client.mjs';

const dockerfile = fileURLToPath(new URL('../Dockerfile', import.meta.url));
const certificates = '/etc/ssl/certs/ca-certificates.crt';

export async function checkContainer({ work, program }) {
  const root = join(work, 'root');
  const image = read(dockerfile);
  for (const [from, to] of image.COPY) {
    expect(from === '${TARGETPLATFORM}/posthog-org-mcp', `nobody knows what ${from} is`);
    put(root, to, (path) => copyFileSync(program, path), 0o755);
  }
  const [uid, gid] = image.USER[0][0].split(':').map(Number);
  put(root, '/etc/passwd', (path) => writeFileSync(path, `root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:${uid}:${gid}:nonroot:/home/nonroot:/sbin/nologin\n`));
  if (existsSync(certificates)) put(root, certificates, (path) => copyFileSync(certificates, path));
  const [[home]] = image.VOLUME.map(([list]) => JSON.parse(list));
  put(root, home, (path) => mkdirSync(path), 0o700);
  put(root, '/tmp', (path) => mkdirSync(path), 0o1777);
  chownSync(join(root, home), uid, gid);

  const [[entry]] = image.ENTRYPOINT.map(([list]) => JSON.parse(list));
  const enclosed = [
    '--mount', '--pid', '--fork', '--kill-child', 'sh', '-euc',
    'mount --bind "$1" "$1"; mount -o remount,bind,ro "$1"; mount -t tmpfs -o "uid=$3,gid=$4,mode=700" tmpfs "$1$2"; root=$1 who=$3:$4; shift 4; exec chroot --userspec="$who" "$root" "$@"',
    'container', root, home, String(uid), String(gid), entry,
  ];
  const env = { PATH: process.env.PATH, ...Object.fromEntries(image.ENV.flat().map((pair) => pair.split('='))) };
  await hasTools('container', 'unshare', [...enclosed, '--sandbox'], env);

  // A write needs the journal, which needs a place.
  const journal = join(home, '.local/state/posthog-org-mcp/journal.jsonl');
  const words = ['call', 'roles-create', '--name', 'Auditors', '--sandbox', '--journal', journal, '--json'];
  const answer = run('unshare', [...enclosed, ...words], { env });
  expect(answer.includes('Auditors'), `a write answers ${answer}`);
  tell('container: a write is journaled, with a read-only root');
}

/** read returns what a Dockerfile says, by instruction; each line as its words. */
function read(path) {
  const said = {};
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const [instruction, ...words] = line.trim().split(/ +/);
    if (instruction && !instruction.startsWith('#')) (said[instruction] ??= []).push(words);
  }
  return said;
}

function put(root, path, write, mode = 0o644) {
  const full = join(root, path);
  mkdirSync(dirname(full), { recursive: true });
  write(full);
  chmodSync(full, mode);
}
