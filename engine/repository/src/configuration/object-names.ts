import { dnsSubdomainPattern } from '@backstay/shared';

/** True for what a user, a collection or a Secret can be called. Anything else never reaches a path or a query. */
export const isObjectName = (name: string): boolean => name.length <= 253 && dnsSubdomainPattern.test(name);
