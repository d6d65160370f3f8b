/** CRC-24 of RFC 4880, section 6.1, eight bytes at a time. The register is kept left-aligned in 32 bits. */
const polynomial = 0x864cfb << 8;

const makeTables = (): readonly Int32Array[] => {
  const tables = Array.from({ length: 8 }, () => new Int32Array(256));
  const [first] = tables;
  if (!first) return tables;
  for (let byte = 0; byte < 256; byte++) {
    let value = byte << 24;
    for (let bit = 0; bit < 8; bit++) value = (value << 1) ^ (value < 0 ? polynomial : 0);
    first[byte] = value;
  }
  for (let index = 1; index < 8; index++) {
    for (let byte = 0; byte < 256; byte++) {
      const previous = tables[index - 1]?.[byte] ?? 0;
      (tables[index] ?? first)[byte] = (previous << 8) ^ (first[previous >>> 24] ?? 0);
    }
  }
  return tables;
};

const tables = makeTables();
const [t0, t1, t2, t3, t4, t5, t6, t7] = tables as [
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
];

const at = (table: Int32Array, index: number): number => table[index] as number;

export class Crc24 {
  #register = 0xb704ce << 8;

  update(bytes: Uint8Array): void {
    let register = this.#register;
    let index = 0;
    for (const end = bytes.length - 7; index < end; index += 8) {
      register =
        at(t7, (register >>> 24) ^ (bytes[index] as number)) ^
        at(t6, ((register >>> 16) & 0xff) ^ (bytes[index + 1] as number)) ^
        at(t5, ((register >>> 8) & 0xff) ^ (bytes[index + 2] as number)) ^
        at(t4, bytes[index + 3] as number) ^
        at(t3, bytes[index + 4] as number) ^
        at(t2, bytes[index + 5] as number) ^
        at(t1, bytes[index + 6] as number) ^
        at(t0, bytes[index + 7] as number);
    }
    for (; index < bytes.length; index++) {
      register = (register << 8) ^ at(t0, (register >>> 24) ^ (bytes[index] as number));
    }
    this.#register = register;
  }

  /** The three octets as base64. */
  digest(): string {
    const value = this.#register >>> 8;
    return Buffer.from([value >> 16, (value >> 8) & 0xff, value & 0xff]).toString('base64');
  }
}
