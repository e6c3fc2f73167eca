import type { NewEvent } from '../../services/activity.ts';
import {
  type Certificate,
  certificateSchema,
  newCertificateSchema,
  settingsAnswerSchema,
  settingsCheckSchema,
  settingsSchema,
} from '../api/settings.ts';
import type { AdminParts } from '../parts.ts';
import { type Actor, actorOf, type Route, route } from '../route.ts';

const tag = 'Settings';
/** A chain of certificates and its key. */
const CERTIFICATE_BODY_BYTES_MAX = 300_000;

export function settingsRoutes(parts: AdminParts): Route[] {
  const { settings, fixed } = parts;
  return [
    route({
      method: 'get',
      path: '/api/settings',
      role: 'viewer',
      summary: 'All settings as they are in force, and what only the configuration can change.',
      tag,
      answer: settingsAnswerSchema,
      handle: async () => ({ settings: settings.current, fixed }),
    }),
    route({
      method: 'put',
      path: '/api/settings',
      role: 'admin',
      summary: 'Changes settings at once: all of them, or none where one cannot be had.',
      tag,
      body: settingsSchema,
      answer: settingsAnswerSchema,
      handle: async (request) => ({ settings: await settings.change(request.body, actorOf(request)), fixed }),
    }),
    route({
      method: 'post',
      path: '/api/settings/check',
      role: 'admin',
      summary: 'Says what these settings would change, and whether they can be had; ports are tried.',
      tag,
      body: settingsSchema,
      answer: settingsCheckSchema,
      handle: async ({ body }) => settings.check(body),
    }),
    ...certificateRoutes(parts),
  ];
}

function certificateRoutes({ activity, certificates }: AdminParts): Route[] {
  const changed = async (actor: Actor, change: () => Promise<void>): Promise<Certificate> => {
    const before = certificates.describe();
    await change();
    const after = certificates.describe();
    activity.record(certificateEvent(actor, before, after));
    return after;
  };
  return [
    route({
      method: 'get',
      path: '/api/certificate',
      role: 'viewer',
      summary: 'The certificate of the page and of DICOM over TLS.',
      tag,
      answer: certificateSchema,
      handle: async () => certificates.describe(),
    }),
    route({
      method: 'put',
      path: '/api/certificate',
      role: 'admin',
      summary: 'Uses another certificate from now on.',
      tag,
      body: newCertificateSchema,
      bodyBytesMax: CERTIFICATE_BODY_BYTES_MAX,
      answer: certificateSchema,
      handle: async (request) => {
        const { certificate, privateKey } = request.body;
        return changed(actorOf(request), () => certificates.replace(certificate, privateKey));
      },
    }),
    route({
      method: 'delete',
      path: '/api/certificate',
      role: 'admin',
      summary: 'Goes back to a self-signed certificate, a new one.',
      tag,
      answer: certificateSchema,
      handle: async (request) => changed(actorOf(request), () => certificates.reset()),
    }),
  ];
}

function certificateEvent(actor: Actor, before: Certificate, after: Certificate): NewEvent {
  return {
    kind: 'certificate-changed',
    severity: 'info',
    words: `${actor.name} changed the certificate to that of ${after.subject}.`,
    fields: {
      by: actor.name,
      address: actor.address,
      before: `${before.subject} ${before.sha256Fingerprint}`,
      after: `${after.subject} ${after.sha256Fingerprint}`,
    },
  };
}
