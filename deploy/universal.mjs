// Joins programs for one kind of Mac each into one for all (a "fat" Mach-O file).
// GoReleaser can do so too, but puts them in the order in which they got ready,
// so that two builds differ.

const fatMagic = 0xcafebabe;
const thinMagic = 0xfeedfacf;
/** Each program begins at a multiple of a page, of which the largest is 2^14 bytes. */
const alignment = 14;

/** universal joins Mach-O files, for 64 bits, in the given order. Times and names do not matter. */
export function universal(programs) {
  const page = 1 << alignment;
  const header = Buffer.alloc(8 + 20 * programs.length);
  header.writeUInt32BE(fatMagic, 0);
  header.writeUInt32BE(programs.length, 4);
  const parts = [header];
  let length = header.length;
  programs.forEach((program, i) => {
    if (program.readUInt32LE(0) !== thinMagic) throw new Error(`program ${i + 1} is not for a Mac of 64 bits`);
    const gap = Buffer.alloc((page - (length % page)) % page);
    const begin = length + gap.length;
    const entry = [program.readUInt32LE(4), program.readUInt32LE(8), begin, program.length, alignment];
    entry.forEach((word, j) => header.writeUInt32BE(word, 8 + 20 * i + 4 * j));
    parts.push(gap, program);
    length = begin + program.length;
  });
  return Buffer.concat(parts);
}
