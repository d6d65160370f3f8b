import { afterEach, describe, expect, it } from 'vitest';
import { createKubeClient } from './create-kube-client.ts';
import type { KubeClient, LogOptions } from './kube-client.ts';
import { answerStatus, type FakeAnswer, type FakeApiServer, startFakeApiServer } from './testing/fake-api-server.ts';

const pod = { namespace: 'ns', name: 'pod' };

describe('podLog', () => {
  let server: FakeApiServer;
  let client: KubeClient;
  afterEach(async () => {
    await client.close();
    await server.stop();
  });

  const serve = async (answer: FakeAnswer): Promise<void> => {
    server = await startFakeApiServer({ list: [answer], watch: [] });
    client = createKubeClient({ server: `${server.url}/` });
  };
  const read = async (options?: LogOptions): Promise<string> => {
    let text = '';
    for await (const chunk of client.podLog(pod, options)) {
      text += Buffer.from(chunk).toString();
    }
    return text;
  };
  const hang: FakeAnswer = (response) => {
    response.writeHead(200).write('first\n');
  };

  it('asks with its options and reads to the end', async () => {
    await serve((response) => void response.end('one\ntwo\n'));
    expect(await read({ container: 'c', follow: true, tailLines: 0, timestamps: true })).toBe('one\ntwo\n');
    expect(server.requests[0]?.path).toBe('/api/v1/namespaces/ns/pods/pod/log');
    expect(`${server.requests[0]?.query}`).toBe('container=c&follow=true&tailLines=0&timestamps=true');
  });

  it('says when it begins, and ends cleanly when it is aborted', async () => {
    await serve(hang);
    const stop = new AbortController();
    let text = '';
    const opened: string[] = [];
    const onOpen = () => opened.push(text);
    for await (const chunk of client.podLog(pod, { follow: true, signal: stop.signal, onOpen })) {
      text += Buffer.from(chunk).toString();
      stop.abort();
    }
    expect([text, opened]).toEqual(['first\n', ['']]);
  });

  it('frees the connection when the reader stops early', async () => {
    let closed: Promise<void> | undefined;
    await serve((response, request) => {
      closed = new Promise((resolve) => response.on('close', resolve));
      return hang(response, request);
    });
    for await (const _chunk of client.podLog(pod, { follow: true })) {
      break;
    }
    await closed;
  });

  it('rejects, and does not crash, when the connection breaks', async () => {
    await serve((response) => {
      response.writeHead(200).write('first\n');
      setTimeout(() => response.destroy(), 20);
    });
    await expect(read({ follow: true })).rejects.toMatchObject({ status: 0, reason: 'Unreachable' });
  });

  it('tells what the API server said', async () => {
    await serve(answerStatus(400, 'BadRequest'));
    await expect(read()).rejects.toMatchObject({ status: 400, reason: 'BadRequest' });
  });
});

describe('errors', () => {
  it('quotes an answer that is no Status, and refuses one that is not JSON', async () => {
    const server = await startFakeApiServer({
      list: [(response) => void response.writeHead(502).end('Bad gateway'), (response) => void response.end('<html>')],
      watch: [],
    });
    const client = createKubeClient({ server: server.url });
    const type = { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
    await expect(client.list(type)).rejects.toMatchObject({ status: 502, message: 'Bad gateway' });
    await expect(client.list(type)).rejects.toMatchObject({ reason: 'BadResponse' });
    await expect(client.get(type, { namespace: 'ns', name: '' })).rejects.toMatchObject({ status: 400 });
    await expect(client.get(type, { name: 'x' })).rejects.toMatchObject({ status: 400 });
    await client.close();
    await server.stop();
    await expect(client.list(type)).rejects.toMatchObject({ status: 0, reason: 'Unreachable' });
  });
});
