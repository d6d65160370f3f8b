/**
 * Gives the memory of a used-up chunk back at once. Left to the garbage collector, a fast stream makes it collect the whole
 * heap every 64 MiB, and memory creeps up. Chunks that share their memory with others are left alone.
 */
export const releaseChunk = ({ buffer, byteLength }: Uint8Array): void => {
  if (buffer instanceof ArrayBuffer && byteLength === buffer.byteLength) {
    buffer.transfer(0);
  }
};
