import type { IncomingMessage, ServerResponse } from 'node:http';
import { attributesOf, denied, verbOf } from '../auth/attributes.ts';
import { authenticate } from '../auth/authenticate.ts';
import { refuseEscalation } from '../auth/escalation.ts';
import { impersonated } from '../auth/impersonation.ts';
import type { Rbac } from '../auth/rbac.ts';
import type { TokenReader } from '../auth/tokens.ts';
import { OpenApi } from '../openapi/open-api.ts';
import { ApiError, badRequest, methodNotAllowed, pageNotFound, unauthorized } from '../registry/api-error.ts';
import { wantsAggregatedDiscovery } from '../table/negotiate.ts';
import { Discovery } from './discovery.ts';
import { type Exchange, isTrue } from './exchange.ts';
import { requestInfo } from './request-info.ts';
import { handleResource, type ResourceParts } from './resources.ts';
import { sendError, sendJson, sendText } from './respond.ts';
import { handleReview, reviewOf } from './reviews.ts';
import { versionInfo } from './version.ts';

export interface ApiParts extends ResourceParts {
  rbac: Rbac;
  tokens: readonly TokenReader[];
  onError: (error: unknown, request: { method: string; path: string }) => void;
}

/** Answers the requests of the Kubernetes API: who is it, may they, and then what they asked for. */
export class ApiServer {
  readonly #parts: ApiParts;
  readonly #discovery: Discovery;
  readonly #openApi: OpenApi;

  constructor(parts: ApiParts) {
    this.#parts = parts;
    this.#discovery = new Discovery(parts.registry.kinds);
    this.#openApi = new OpenApi(parts.registry.kinds);
  }

  readonly handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const target = targetOf(request);
    const about = { request, response, query: target?.searchParams ?? new URLSearchParams() };
    const path = target?.pathname ?? '';
    try {
      if (!target) throw badRequest('the path cannot be read');
      await this.#serve({ ...about, method: request.method === 'HEAD' ? 'GET' : (request.method ?? 'GET'), path });
    } catch (error) {
      this.#fail(about, path, error);
    }
  };

  #fail(about: Pick<Exchange, 'request' | 'response' | 'query'>, path: string, error: unknown): void {
    const { request, response } = about;
    if (!(error instanceof ApiError) && !response.destroyed) {
      this.#parts.onError(error, { method: request.method ?? '', path });
    }
    if (response.headersSent) response.destroy();
    else {
      // An unread body would be taken for the next request.
      if (!request.complete) response.setHeader('connection', 'close');
      sendError(about, error);
    }
  }

  async #serve(asked: Pick<Exchange, 'request' | 'response' | 'query' | 'method'> & { path: string }): Promise<void> {
    const { rbac, tokens } = this.#parts;
    const info = requestInfo(asked.path);
    if (!info) throw badRequest('the path cannot be decoded');
    const allows = rbac.allows.bind(rbac);
    const sender = authenticate(asked.request, tokens);
    const user = impersonated(asked.request, sender, allows);
    const verb = verbOf(asked.method, info, isTrue(asked.query, 'watch'));
    const attributes = attributesOf(user, verb, withSelectedName(info, asked.query));
    if (!allows(attributes)) {
      throw user.groups.includes('system:unauthenticated') ? unauthorized() : denied(attributes);
    }
    const admit: Exchange['admit'] = (kind, object) => refuseEscalation(rbac, user, { kind, object });
    const exchange: Exchange = { ...asked, info, user, admit };
    if (!info.isResource) {
      this.#serveOther(exchange);
      return;
    }
    const review = reviewOf(info.group, info.version, info.resource);
    if (!review) await handleResource(exchange, this.#parts);
    else if (exchange.method === 'POST') await handleReview(exchange, review, { rbac, tokens });
    else throw methodNotAllowed();
  }

  #serveOther(exchange: Exchange): void {
    if (exchange.method !== 'GET') throw methodNotAllowed();
    const path = exchange.info.path.replace(/\/+$/, '');
    if (/^\/(healthz|livez|readyz)(\/|$)/.test(path)) {
      sendText(exchange.response, 200, { text: 'ok', type: 'text/plain; charset=utf-8' });
    } else if (path === '/version') sendJson(exchange, 200, versionInfo);
    else if (path.startsWith('/openapi')) this.#openApi.handle(exchange);
    else this.#serveDiscovery(exchange, path);
  }

  #serveDiscovery(exchange: Exchange, path: string): void {
    const discovery = this.#discovery;
    const { group, version } = exchange.info;
    if ((path === '/api' || path === '/apis') && wantsAggregatedDiscovery(exchange.request)) {
      const text = JSON.stringify(discovery.aggregated(path === '/api'));
      const type = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
      sendText(exchange.response, 200, { text, type });
      return;
    }
    const found = this.#discoveryAnswer(path, { group, version, host: exchange.request.headers.host ?? '' });
    if (!found) throw pageNotFound();
    sendJson(exchange, 200, found);
  }

  #discoveryAnswer(path: string, { group, version, host }: { group: string; version: string; host: string }) {
    if (path === '/api') return this.#discovery.coreVersions(host);
    if (path === '/apis') return this.#discovery.groupList();
    if (version !== '') return this.#discovery.resources(group, version);
    const [, root, name, ...more] = path.split('/');
    return root === 'apis' && name !== undefined && more.length === 0 ? this.#discovery.group(name) : undefined;
  }
}

/** What stands in the request line is a path, also when it begins like the address of another host. */
function targetOf({ url = '/' }: IncomingMessage): URL | undefined {
  return URL.parse(url.startsWith('/') ? `https://cluster.local${url}` : url) ?? undefined;
}

/** Who lists one object by its name needs the right for that object only. */
function withSelectedName(info: Exchange['info'], query: URLSearchParams): Exchange['info'] {
  if (!info.isResource || info.name !== '') return info;
  const name = /(?:^|,)metadata\.name==?([^,]+)/.exec(query.get('fieldSelector') ?? '')?.[1];
  return name === undefined ? info : { ...info, name };
}
