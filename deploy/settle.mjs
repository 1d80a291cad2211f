// Takes the times out of a zip file, so that the same content makes the same bytes.

const centralSignature = 0x02014b50;
const endSignature = 0x06054b50;
const endLength = 22;

/** The first day that a zip file can name, 1980-01-01, at midnight. */
const firstTime = 0;
const firstDate = (1 << 5) | 1;

/** settle returns a zip file, which has no comment, with every time set to the first that there is. */
export function settle(zip) {
  const end = zip.length - endLength;
  if (end < 0 || zip.readUInt32LE(end) !== endSignature) throw new Error('this is not a zip file without a comment');
  const settled = Buffer.from(zip);
  let entry = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    if (zip.readUInt32LE(entry) !== centralSignature) throw new Error('the list of files in the zip file is broken');
    stamp(settled, entry + 12);
    stamp(settled, zip.readUInt32LE(entry + 42) + 10);
    entry += 46 + zip.readUInt16LE(entry + 28) + zip.readUInt16LE(entry + 30) + zip.readUInt16LE(entry + 32);
  }
  return settled;
}

function stamp(zip, at) {
  zip.writeUInt16LE(firstTime, at);
  zip.writeUInt16LE(firstDate, at + 2);
}
