export interface User {
  name: string;
  uid?: string;
  groups: readonly string[];
  extra?: Record<string, string[]>;
}

export const anonymous: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };
