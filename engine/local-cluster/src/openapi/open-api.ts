import { createHash } from 'node:crypto';
import type { Exchange } from '../http/exchange.ts';
import { sendBytes, sendText } from '../http/respond.ts';
import type { Kind } from '../kinds/kind.ts';
import { apiVersionOf } from '../kinds/kind.ts';
import { ApiError, pageNotFound } from '../registry/api-error.ts';
import type { KindTable } from '../registry/kind-table.ts';
import { pathsOf } from './paths.ts';
import { schemasOf } from './schemas.ts';
import { swaggerProtobuf } from './swagger-protobuf.ts';

/** kubectl reads no other form: for what holds several objects, and in versions before 1.27 for everything. */
const protobufType = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';
/** As clients name it, though it is no valid media type. */
const protobufAsked = protobufType.replace('v2.v1', 'v2@v1');

interface Document {
  text: string;
  hash: string;
}

/** The OpenAPI documents of the served kinds, made when they are first asked for. */
export class OpenApi {
  readonly #kinds: KindTable;
  readonly #documents = new Map<string, Document>();
  #swaggerProtobuf: Buffer | undefined;
  #generation = -1;

  constructor(kinds: KindTable) {
    this.#kinds = kinds;
  }

  handle(exchange: Exchange): void {
    if (this.#generation !== this.#kinds.generation) {
      this.#documents.clear();
      this.#swaggerProtobuf = undefined;
      this.#generation = this.#kinds.generation;
    }
    const path = exchange.info.path.replace(/\/+$/, '');
    if (path === '/openapi/v2') this.#sendV2(exchange);
    else if (path === '/openapi/v3') sendText(exchange.response, 200, { text: JSON.stringify(this.#index()) });
    else this.#sendV3(exchange, path.replace('/openapi/v3/', ''));
  }

  #sendV2({ request, response }: Exchange): void {
    const accept = request.headers.accept ?? '*/*';
    if ([protobufType, protobufAsked].some((type) => accept.includes(type))) {
      sendBytes(response, 200, { bytes: this.#protobuf(), type: protobufType });
      return;
    }
    if (!/application\/json|\*\/\*/.test(accept)) {
      throw new ApiError(406, 'NotAcceptable', {
        message: `only the following media types are accepted: application/json, ${protobufType}`,
      });
    }
    sendText(response, 200, { text: this.#document('v2', () => this.#swagger()).text });
  }

  #protobuf(): Buffer {
    this.#swaggerProtobuf ??= swaggerProtobuf(this.#swagger());
    return this.#swaggerProtobuf;
  }

  #sendV3({ response }: Exchange, name: string): void {
    const kinds = this.#byGroupVersion().get(name);
    if (!kinds) throw pageNotFound();
    const { text, hash } = this.#document(name, () => openApi3(kinds));
    response.setHeader('etag', `"${hash}"`);
    sendText(response, 200, { text });
  }

  #index() {
    const entries = [...this.#byGroupVersion()].map(([name, kinds]) => {
      const { hash } = this.#document(name, () => openApi3(kinds));
      return [name, { serverRelativeURL: `/openapi/v3/${name}?hash=${hash}` }];
    });
    return { paths: Object.fromEntries(entries) };
  }

  #byGroupVersion(): Map<string, Kind[]> {
    return Map.groupBy(this.#kinds.all(), (kind) => `${kind.group === '' ? 'api' : 'apis'}/${apiVersionOf(kind)}`);
  }

  #document(name: string, make: () => unknown): Document {
    const known = this.#documents.get(name);
    if (known) return known;
    const text = JSON.stringify(make());
    const made = { text, hash: createHash('sha256').update(text).digest('hex').toUpperCase() };
    this.#documents.set(name, made);
    return made;
  }

  #swagger() {
    const kinds = this.#kinds.all();
    return {
      swagger: '2.0',
      info: { title: 'Kubernetes', version: 'v1.35.0' },
      paths: pathsOf(kinds, '#/definitions/'),
      definitions: schemasOf(kinds, '#/definitions/'),
    };
  }
}

const openApi3 = (kinds: Kind[]) => ({
  openapi: '3.0.0',
  info: { title: 'Kubernetes', version: 'v1.35.0' },
  paths: pathsOf(kinds, '#/components/schemas/'),
  components: { schemas: schemasOf(kinds, '#/components/schemas/') },
});
