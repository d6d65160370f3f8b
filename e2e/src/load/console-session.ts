import { requestHeader } from '@backstay/shared';
import type { BackstayProcess } from '../harness/backstay-process.ts';

/** A signed-in person without a browser. */
export async function signedIn(backstay: BackstayProcess): Promise<{ open(path: string): Promise<Response> }> {
  const reply = await fetch(`${backstay.url}/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: new URL(backstay.url).origin, [requestHeader]: '1' },
    body: JSON.stringify({ code: backstay.signInLink.split('#')[1] }),
  });
  if (reply.status !== 200) throw new Error(`sign-in is answered ${reply.status}: ${await reply.text()}`);
  const cookie = reply.headers.getSetCookie().map((one) => one.split(';')[0]);
  return {
    open: async (path) => {
      const answer = await fetch(`${backstay.url}${path}`, { headers: { cookie: cookie.join('; ') } });
      if (answer.status !== 200) throw new Error(`${path} is answered ${answer.status}: ${await answer.text()}`);
      return answer;
    },
  };
}
