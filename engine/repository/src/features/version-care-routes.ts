import type { Route } from '../http/context.ts';
import type { Services } from '../services.ts';
import { actorRoutes } from './actor-route.ts';
import {
  deleteVersionDocumentation,
  forecastDocumentation,
  holdDocumentation,
  releaseDocumentation,
  verificationDocumentation,
  verifyDocumentation,
} from './version-care-documentation.ts';
import { forecast } from './version-forecast.ts';
import { hold, release, remove } from './version-protection.ts';
import { verificationReport, verify } from './version-verification.ts';

/** What keeps versions safe once they are stored: holds, deletion, verification, and what will come of them. */
export const versionCareRoutes = (services: Services): Route[] => {
  const collection = '/api/stable/repository/collection/:collectionId';
  const version = `${collection}/version/:versionNum`;
  const route = actorRoutes(services);
  return [
    route({ method: 'POST', path: `${version}/hold`, action: 'version.hold', documentation: holdDocumentation }, hold),
    route(
      { method: 'DELETE', path: `${version}/hold`, action: 'version.release', documentation: releaseDocumentation },
      release,
    ),
    route(
      { method: 'DELETE', path: version, action: 'version.delete', documentation: deleteVersionDocumentation },
      remove,
    ),
    route(
      { method: 'POST', path: `${version}/verify`, action: 'version.verify', documentation: verifyDocumentation },
      verify,
    ),
    route(
      {
        method: 'GET',
        path: `${collection}/verification`,
        action: 'collection.verification',
        documentation: verificationDocumentation,
      },
      verificationReport,
    ),
    route(
      {
        method: 'GET',
        path: `${collection}/forecast`,
        action: 'collection.forecast',
        documentation: forecastDocumentation,
      },
      forecast,
    ),
  ];
};
