import type { Waits } from './planted/shorter-waits.ts';
import type { ProxyFaults } from './proxy.ts';
import { createRandom, type Random } from './random.ts';
import { bandwidth, latency, limitData, pause, resetPeer, slicer, slowClose, type Toxic, timeout } from './toxics.ts';

/** A network on which one upload is made, and what the client promises there. */
export interface Network {
  readonly what: string;
  readonly faults: ProxyFaults;
  readonly bytes: number;
  readonly exitCodes: readonly number[];
  readonly versions: 0 | 1;
  /** It is only slow: the client needs no other connection than ever. */
  readonly unbroken?: boolean;
  /** Nothing but the client's own watch ends the stall. */
  readonly watched?: boolean;
  /** Milliseconds that the client waits in all where nothing moves. Default: longer than it takes to give up by itself. */
  readonly patience?: number;
}

/** An upload takes these connections, in this order. */
const [reserve, body, commit, hint] = [0, 1, 2, 3] as const;
export const usualConnections = 4;
const uploadFailed = 13;
const outcomeUnknown = 15;
const idleTimeout = 30;
/** No head of a request has more bytes. */
const longestHead = 2000;

const breaks = { reset_peer: resetPeer, limit_data: limitData, timeout } as const;
type Break = keyof typeof breaks;

const whole = { exitCodes: [0], versions: 1 } as const;
const sizeOf = (random: Random): number => random.int(300_000, 1_200_000);

/** Draws one network of a kind. */
export type NetworkKind = (random: Random, waits: Waits) => Network;

interface Draw {
  readonly random: Random;
  readonly bytes: number;
  /** Milliseconds that the bytes may take: the client cannot tell a slow network from one where nothing moves. */
  readonly time: number;
}

/** Slow, but nothing breaks. */
const slow =
  (what: string, toxicOf: (draw: Draw) => Toxic): NetworkKind =>
  (random, { stall }) => {
    const bytes = random.int(100_000, 300_000);
    const toxic = toxicOf({ random: createRandom(random.int(0, 2 ** 32)), bytes, time: stall / 2 });
    return { what, faults: { up: () => toxic, down: () => toxic }, bytes, ...whole, unbroken: true };
  };

/** A stall that ends before the client takes it for one. */
const halted: NetworkKind = (random, { stall }) => {
  const bytes = sizeOf(random);
  // The server waits less long for a head than for a body.
  const after = random.int(longestHead, bytes);
  const toxic = pause(after, stall / 2);
  const faults = { up: (connection: number) => (connection === body ? toxic : undefined) };
  return { what: `nothing for ${stall / 2} ms after ${after} bytes`, faults, bytes, ...whole, unbroken: true };
};

type Direction = 'up' | 'down';

/** Where a small request or its answer is hurt, it is never whole: both are longer than this. */
const bytesBefore = (random: Random, direction: Direction): number => random.int(0, direction === 'up' ? 300 : 100);

/** One connection of an upload breaks, whichever it is: another one mends it. */
const brokenOnce =
  (kind: Break): NetworkKind =>
  (random) => {
    const bytes = sizeOf(random);
    const direction = random.pick<Direction>(['up', 'up', 'down']);
    const hurt = random.pick([reserve, body, body, body, commit, hint]);
    const after = hurt === body && direction === 'up' ? random.int(0, bytes) : bytesBefore(random, direction);
    const toxic = breaks[kind](after);
    const faults = { [direction]: (connection: number) => (connection === hurt ? toxic : undefined) };
    return { what: `${kind} ${direction} after ${after} bytes of connection ${hurt}`, faults, bytes, ...whole };
  };

/**
 * The body stops half way, whatever is drawn. Where a small request stalls, or a head, other clocks of both programs end it:
 * the client's watch would not be missed there.
 */
export const stalledBody: NetworkKind = (random) => {
  const bytes = sizeOf(random);
  const after = random.int(Math.floor(bytes / 4), Math.floor((bytes * 3) / 4));
  const toxic = timeout(after);
  const faults = { up: (connection: number) => (connection === body ? toxic : undefined) };
  return { what: `nothing any more after ${after} of ${bytes} bytes`, faults, bytes, ...whole, watched: true };
};

/** Every connection ends after some bytes: each brings the upload a bit further. */
const bitByBit: NetworkKind = (random) => {
  const after = random.int(20_000, 400_000);
  const toxic = limitData(after);
  return { what: `limit_data of ${after} bytes`, faults: { up: () => toxic }, bytes: sizeOf(random), ...whole };
};

/** From one connection on, all break before anything is through. */
const brokenFrom =
  (first: number, kinds: readonly [Break, ...Break[]]): NetworkKind =>
  (random, { stall }) => {
    const kind = random.pick(kinds);
    const direction = random.pick<Direction>(['up', 'down']);
    const after = bytesBefore(random, direction);
    const toxic = breaks[kind](after);
    const faults = { [direction]: (connection: number) => (connection >= first ? toxic : undefined) };
    const what = `${kind} ${direction} after ${after} bytes of each connection from ${first} on`;
    const network = { what, faults, bytes: sizeOf(random) };
    // The request came through, only its answer did not.
    if (first === commit) return { ...network, exitCodes: [outcomeUnknown], versions: direction === 'down' ? 1 : 0 };
    if (kind === 'timeout') {
      // Long enough for the first stall, and for another connection. A server that waits in vain for a whole request says so earlier.
      return { ...network, exitCodes: [uploadFailed, idleTimeout], versions: 0, patience: stall * 1.5 };
    }
    return { ...network, exitCodes: [uploadFailed], versions: 0 };
  };

/** Every toxic at least once. */
export const networkKinds: readonly NetworkKind[] = [
  slow('latency', ({ random }) => latency(() => random.int(20, 150))),
  slow('bandwidth', ({ bytes, time }) => bandwidth((bytes / time) * 1000)),
  slow('slow_close', ({ random, time }) => slowClose(random.int(100, time))),
  slow('slicer', ({ random }) => slicer(() => random.int(100, 2000), 1)),
  halted,
  brokenOnce('reset_peer'),
  brokenOnce('limit_data'),
  brokenOnce('timeout'),
  stalledBody,
  bitByBit,
  brokenFrom(body, ['reset_peer']),
  brokenFrom(body, ['limit_data']),
  brokenFrom(body, ['timeout']),
  brokenFrom(commit, ['reset_peer', 'limit_data']),
];
