import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createAddressSet, plainAddress } from './ip-rules.ts';

it('holds single addresses and ranges of both families', () => {
  const set = createAddressSet(['1.2.3.4', '10.0.0.0/8', '2001:db8::/32', '::1', ' 192.168.1.0/24 ']);
  expect(set.invalid).toEqual([]);
  for (const address of ['1.2.3.4', '10.255.0.1', '2001:db8:1::1', '::1', '192.168.1.77']) {
    expect(set.has(address), address).toBe(true);
  }
  for (const address of ['1.2.3.5', '11.0.0.1', '2001:db9::1', '::2', '', 'x', '10.0.0.0/8']) {
    expect(set.has(address), address).toBe(false);
  }
});

it('lets rules that cannot be read match nothing', () => {
  const rules = ['', 'x', '1.2.3', '10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/8/8', '::/129', '10.0.0.0/', '1.2.3.4/0x8'];
  const set = createAddressSet(rules);
  expect(set.invalid).toEqual(rules);
  expect(set.has('10.0.0.1')).toBe(false);
  fc.assert(fc.property(fc.string(), fc.ipV4(), (rule, address) => void createAddressSet([rule]).has(address)));
});

it('shows mapped addresses as what they are', () => {
  expect(plainAddress('::ffff:1.2.3.4')).toBe('1.2.3.4');
  expect(plainAddress('::ffff:abcd')).toBe('::ffff:abcd');
});
