import { repositoryAccessErrorSchema, repositoryErrorSchema } from '@backstay/shared';
import { z } from 'zod';
import type { Route } from '../http/context.ts';
import type { ResponseDocumentation, RouteDocumentation } from '../http/documentation.ts';
import { createSchemaWriter, type JsonSchema, type SchemaWriter } from './openapi-schemas.ts';

const either = z.union([repositoryErrorSchema, repositoryAccessErrorSchema]);
const rateHeaders = {
  'x-ratelimit-limit': 'Requests of one address in the interval.',
  'x-ratelimit-remaining': 'What is left of them.',
};

const always: Record<number, ResponseDocumentation> = {
  400: { description: 'The request or the token cannot be read.', body: either },
  500: { description: 'The server or its configuration has a fault; its log says more. The body may be empty.' },
  503: { description: 'Too busy, or stopping. Try again after a while.', body: repositoryErrorSchema },
};
const withToken: Record<number, ResponseDocumentation> = {
  401: { description: 'There is no valid token.', body: repositoryAccessErrorSchema },
  403: { description: 'The session is revoked, or it has no right to this.', body: either },
};
const withLimiter: Record<number, ResponseDocumentation> = {
  429: { description: 'Too many requests from this address.' },
};

/** What any route may answer by the way it is reached. */
const commonResponses = (route: Route): Record<number, ResponseDocumentation> => ({
  ...always,
  ...(route.access === 'open' ? {} : withToken),
  ...(route.limiter === undefined ? {} : withLimiter),
});

/** Reasons from both sides are given together: a status may have several. */
const responsesOf = (route: Route, documentation: RouteDocumentation): Record<number, ResponseDocumentation> => {
  const result: Record<number, ResponseDocumentation> = { ...commonResponses(route) };
  for (const [status, description] of Object.entries(documentation.errors ?? {})) {
    const common = result[Number(status)];
    const body = common?.body === undefined ? repositoryErrorSchema : common.body;
    result[Number(status)] = { description: common ? `${description} ${common.description}` : description, body };
  }
  return { ...result, ...documentation.responses };
};

const headersOf = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [name, { description, schema: { type: 'string' } }]),
  );

const responseObject = (response: ResponseDocumentation, writer: SchemaWriter, more: Record<string, string>) => {
  const { description, body, mediaType } = response;
  const headers = { ...more, ...response.headers };
  const content =
    mediaType === undefined
      ? body && { 'application/json': { schema: writer.reply(body) } }
      : { [mediaType]: body === undefined ? {} : { schema: writer.reply(body) } };
  return {
    description,
    ...(Object.keys(headers).length === 0 ? {} : { headers: headersOf(headers) }),
    ...(content === undefined ? {} : { content }),
  };
};

const parametersIn = (place: 'query' | 'header', schema: z.ZodObject | undefined, writer: SchemaWriter) =>
  Object.entries(schema?.shape ?? {}).map(([name, member]) => {
    const field = member as z.ZodType;
    const { description, ...rest } = writer.request(field);
    const required = !field.safeParse(undefined).success;
    return { name, in: place, required, ...(description === undefined ? {} : { description }), schema: rest };
  });

const pathParameters = (route: Route, documentation: RouteDocumentation, writer: SchemaWriter) =>
  [...route.path.matchAll(/:(\w+)/g)].map(([, name = '']) => {
    const schema = documentation.params?.[name];
    return { name, in: 'path', required: true, schema: schema ? writer.request(schema) : { type: 'string' } };
  });

const requestBody = (documentation: RouteDocumentation, writer: SchemaWriter): JsonSchema => {
  const { body } = documentation;
  if (body === undefined) {
    return {};
  }
  const media = body.schema === undefined ? {} : { schema: writer.request(body.schema) };
  const content = Object.fromEntries((body.mediaTypes ?? ['application/json']).map((type) => [type, media]));
  const description = body.description === undefined ? {} : { description: body.description };
  return { requestBody: { ...description, required: body.optional !== true, content } };
};

const operationId = (route: Route): string =>
  `${route.method.toLowerCase()}${route.path
    .split(/[/:_.-]+/)
    .filter((part) => part !== '')
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join('')}`;

const operationOf = (route: Route, documentation: RouteDocumentation, writer: SchemaWriter) => {
  const { summary, description, tag, deprecated } = documentation;
  const limited = route.limiter === undefined ? {} : rateHeaders;
  const responses = Object.entries(responsesOf(route, documentation)).map(([status, response]) => [
    status,
    responseObject(response, writer, Number(status) < 400 ? limited : {}),
  ]);
  return {
    operationId: operationId(route),
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    ...(deprecated ? { deprecated } : {}),
    security: route.access === 'open' ? [] : [{ token: [] }],
    parameters: [
      ...pathParameters(route, documentation, writer),
      ...parametersIn('query', documentation.query, writer),
      ...parametersIn('header', documentation.headers, writer),
    ],
    ...requestBody(documentation, writer),
    responses: Object.fromEntries(responses),
  };
};

export type OpenApiDocument = JsonSchema & { readonly paths: Record<string, Record<string, JsonSchema>> };

/** OpenAPI 3.1, from the routes that have documentation. Throws when their schemas cannot be written down. */
export const openApiDocument = (routes: readonly Route[]): OpenApiDocument => {
  const writer = createSchemaWriter();
  const paths: Record<string, Record<string, JsonSchema>> = {};
  for (const route of routes) {
    if (route.documentation !== undefined) {
      const path = route.path.replace(/:(\w+)/g, '{$1}');
      paths[path] = {
        ...paths[path],
        [route.method.toLowerCase()]: operationOf(route, route.documentation, writer),
      };
    }
  }
  const named = Object.entries(writer.components).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    openapi: '3.1.0',
    info: {
      title: 'Backstay repository',
      version: '1',
      description:
        'Keeps encrypted versions of backups in collections. Unknown paths and methods are answered with 404.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      schemas: Object.fromEntries(named),
    },
  };
};
