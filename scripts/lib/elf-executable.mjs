// Makes one executable that needs nothing of the machine that it runs on: Node.js with a program, the C library and a launcher.
import fs from 'node:fs';

const headerSize = 56;
const types = { load: 1, interpreter: 3, note: 4 };
const wide = 64 * 1024;
const alignUp = (value, to = wide) => Math.ceil(value / to) * to;
/** `:0` becomes `:1` where a program was put in, and Node looks for it only then. */
const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2:';

function programHeaders(elf) {
  const at = Number(elf.readBigUInt64LE(32));
  return Array.from({ length: elf.readUInt16LE(56) }, (_, index) => {
    const header = elf.subarray(at + index * headerSize, at + (index + 1) * headerSize);
    const field = (offset) => Number(header.readBigUInt64LE(offset));
    return {
      bytes: header,
      type: header.readUInt32LE(0),
      fileEnd: field(8) + field(32),
      memoryEnd: field(16) + field(40),
    };
  });
}

function header({ type, flags, offset, address, size }) {
  const bytes = Buffer.alloc(headerSize);
  bytes.writeUInt32LE(type, 0);
  bytes.writeUInt32LE(flags, 4);
  for (const [at, value] of [offset, address, address, size, size, type === types.load ? wide : 4].entries()) {
    bytes.writeBigUInt64LE(BigInt(value), 8 + at * 8);
  }
  return bytes;
}

/** A note that Node finds by its name. */
function note(name, content) {
  const padded = Buffer.alloc(alignUp(name.length + 1, 4));
  padded.write(name);
  const head = Buffer.alloc(12);
  head.writeUInt32LE(name.length + 1, 0);
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, padded, content, Buffer.alloc(alignUp(content.length, 4) - content.length)]);
}

function checked(elf) {
  if (elf.readUInt32BE(0) !== 0x7f454c46 || elf[4] !== 2 || elf.readUInt16LE(16) !== 2) {
    throw new Error('this Node is no 64-bit ELF executable at a fixed address, as those from nodejs.org are.');
  }
  return elf;
}

/** What the launcher has to know: where Node begins, and where in the file loader and libraries lie. */
function table(entry, pieces) {
  const bytes = Buffer.alloc(16 + pieces.length * 16);
  bytes.writeBigUInt64LE(entry, 0);
  bytes.writeBigUInt64LE(BigInt(pieces.length), 8);
  for (const [index, { offset, size }] of pieces.entries()) {
    bytes.writeBigUInt64LE(BigInt(offset), 16 + index * 16);
    bytes.writeBigUInt64LE(BigInt(size), 24 + index * 16);
  }
  return bytes;
}

/**
 * Two program headers change, so that none has to move: the one that names the machine's loader becomes the segment of launcher
 * and program, and the note with the build id becomes the one of the program.
 * @param node path of Node
 * @param program what `node --experimental-sea-config` wrote
 * @param libraries paths; the loader comes first
 * @param compileLauncher machine code of the launcher for an address
 */
export function makeExecutable({ node, program, libraries, compileLauncher }) {
  const elf = checked(fs.readFileSync(node));
  const headers = programHeaders(elf);
  const loads = headers.filter(({ type }) => type === types.load);
  // Behind the segments are only symbols and sections, which nothing reads at run time.
  const kept = elf.subarray(0, Math.max(...loads.map(({ fileEnd }) => fileEnd)));
  const offset = alignUp(kept.length);
  const address = alignUp(Math.max(...loads.map(({ memoryEnd }) => memoryEnd)));
  const launcher = compileLauncher(address);
  const code = Buffer.concat([launcher, Buffer.alloc(alignUp(launcher.length, 16) - launcher.length)]);
  const roomOfTable = 16 + 16 * libraries.length;
  const found = note('NODE_SEA_BLOB', program);
  const noteAt = alignUp(code.length + roomOfTable, 16);
  const size = noteAt + found.length;
  const contents = libraries.map((library) => fs.readFileSync(library));
  let next = alignUp(offset + size);
  const pieces = contents.map((content) => {
    const piece = { offset: next, size: content.length };
    next = alignUp(next + content.length);
    return piece;
  });
  const result = Buffer.alloc(pieces.at(-1).offset + pieces.at(-1).size);
  kept.copy(result);
  code.copy(result, offset);
  table(elf.readBigUInt64LE(24), pieces).copy(result, offset + code.length);
  found.copy(result, offset + noteAt);
  for (const [index, content] of contents.entries()) content.copy(result, pieces[index].offset);

  const segment = header({ type: types.load, flags: 5, offset, address, size });
  const programNote = header({
    ...{ type: types.note, flags: 4, size: found.length },
    ...{ offset: offset + noteAt, address: address + noteAt },
  });
  writeHeaders(result, arranged(headers, segment, programNote));
  result.writeBigUInt64LE(BigInt(address), 24);
  // No section headers.
  result.fill(0, 40, 48).fill(0, 58, 64);
  const at = result.indexOf(`${fuse}0`);
  if (at < 0) throw new Error('this Node holds no place for a program.');
  result.write('1', at + fuse.length);
  return result;
}

/** Segments have to stand in the order of their addresses. */
function arranged(headers, segment, programNote) {
  const last = headers.findLastIndex(({ type }) => type === types.load);
  return headers.flatMap(({ type, bytes }, index) => {
    const own = type === types.note ? programNote : Buffer.from(bytes);
    if (type === types.interpreter) return [];
    return index === last ? [own, segment] : [own];
  });
}

function writeHeaders(elf, headers) {
  Buffer.concat(headers).copy(elf, Number(elf.readBigUInt64LE(32)));
  elf.writeUInt16LE(headers.length, 56);
}
