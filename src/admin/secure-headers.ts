import type { Middleware } from 'koa';
import helmet from 'koa-helmet';
import type { Certificates } from '../services/certificates.ts';

const HSTS = `max-age=${365 * 86_400}`;

/**
 * The headers that tell a browser to be careful. The page has no inline script and no inline style, and asks nobody but us. HSTS is sent by
 * HTTPS with the owner's certificate alone: with a self-signed one it would lock its owner out when the certificate changes.
 */
export function secureHeaders(certificates: Certificates): Middleware {
  const common = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        imgSrc: ["'self'", 'blob:', 'data:'],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
        formAction: ["'self'"],
      },
    },
    frameguard: { action: 'deny' },
    referrerPolicy: { policy: 'no-referrer' },
    strictTransportSecurity: false,
  });
  let isOwners = !certificates.describe().isSelfSigned;
  certificates.onChange(() => {
    isOwners = !certificates.describe().isSelfSigned;
  });
  return async (context, next) => {
    const isTls = 'encrypted' in context.req.socket && context.req.socket.encrypted === true;
    if (isTls && isOwners) context.set('Strict-Transport-Security', HSTS);
    await common(context, next);
  };
}
