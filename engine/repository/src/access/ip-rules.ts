import { BlockList, isIP } from 'node:net';

/** A set of single addresses and CIDR ranges, IPv4 and IPv6. */
export interface AddressSet {
  has(address: string): boolean;
}

const family = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

/** Peers on a dual-stack socket show IPv4 addresses as `::ffff:1.2.3.4`. */
export const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');

const addRule = (list: BlockList, rule: string): boolean => {
  const [address = '', prefix, ...rest] = rule.trim().split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) {
    return false;
  }
  if (prefix === undefined) {
    list.addAddress(address, family(address));
    return true;
  }
  const bits = /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
  if (!(bits <= (version === 4 ? 32 : 128))) {
    return false;
  }
  list.addSubnet(address, bits, family(address));
  return true;
};

/** Rules that cannot be read match nothing; `invalid` names them. */
export const createAddressSet = (rules: readonly string[]): AddressSet & { readonly invalid: readonly string[] } => {
  const list = new BlockList();
  const invalid = rules.filter((rule) => !addRule(list, rule));
  return {
    invalid,
    has: (address) => isIP(address) !== 0 && list.check(address, family(address)),
  };
};
