import type { AdminParts } from './parts.ts';
import type { Route } from './route.ts';
import { eventRoutes } from './routes/events.ts';
import { healthRoutes } from './routes/health.ts';
import { jobRoutes } from './routes/jobs.ts';
import { openApiRoutes } from './routes/openapi.ts';
import { peerRoutes } from './routes/peers.ts';
import { previewRoutes } from './routes/previews.ts';
import { sessionRoutes } from './routes/session.ts';
import { settingsRoutes } from './routes/settings.ts';
import { statusRoutes } from './routes/status.ts';
import { studyRoutes } from './routes/studies.ts';
import { tokenRoutes } from './routes/tokens.ts';
import { trustedCertificateRoutes } from './routes/trusted-certificates.ts';
import { userRoutes } from './routes/users.ts';

/** Every route there is, in the order of the OpenAPI document. */
export function allRoutes(parts: AdminParts): Route[] {
  const routes = [
    ...healthRoutes(parts),
    ...sessionRoutes(parts),
    ...statusRoutes(parts),
    ...eventRoutes(parts),
    ...studyRoutes(parts),
    ...previewRoutes(parts),
    ...jobRoutes(parts),
    ...peerRoutes(parts),
    ...settingsRoutes(parts),
    ...trustedCertificateRoutes(parts),
    ...userRoutes(parts),
    ...tokenRoutes(parts),
  ];
  return [...routes, ...openApiRoutes(routes, parts.version)];
}
