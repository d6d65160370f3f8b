import type { Request, Response } from 'express';

/**
 * `__Host-` needs https. On plain http the name carries the port, as browsers share cookies between the ports of one host:
 * two consoles on one machine would sign each other out.
 */
export interface SessionCookie {
  read(request: Request): string | undefined;
  write(response: Response, id: string): void;
  clear(response: Response): void;
}

const maxAgeMilliseconds = 7 * 24 * 3_600_000;

export function sessionCookie(port: () => number): SessionCookie {
  const nameFor = (request: Request) => (request.secure ? '__Host-backstay' : `backstay-${port()}`);
  const options = (request: Request) =>
    ({ httpOnly: true, sameSite: 'strict', secure: request.secure, path: '/' }) as const;
  return {
    read: (request) => cookieValue(request.headers.cookie ?? '', nameFor(request)),
    write: (response, id) => {
      response.cookie(nameFor(response.req), id, { ...options(response.req), maxAge: maxAgeMilliseconds });
    },
    clear: (response) => {
      response.clearCookie(nameFor(response.req), options(response.req));
    },
  };
}

// Two cookies of one name: somebody planted one of them, so neither counts.
function cookieValue(header: string, name: string): string | undefined {
  const values = header
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1));
  return values.length === 1 ? values[0] : undefined;
}
