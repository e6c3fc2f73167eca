import { z } from 'zod';
import type { Settings } from '../../config/settings.ts';
import { Problem } from '../../lib/problem.ts';
import type { NewEvent } from '../../services/activity.ts';
import {
  type Certificate,
  fingerprintSchema,
  newTrustedCertificatesSchema,
  trustedCertificatesSchema,
} from '../api/settings.ts';
import type { AdminParts } from '../parts.ts';
import { type Actor, actorOf, type Route, route } from '../route.ts';

const tag = 'Settings';
const BODY_BYTES_MAX = 300_000;

/** The certificates by which others are known in DICOM over TLS. */
export function trustedCertificateRoutes({ activity, settings, trusted }: AdminParts): Route[] {
  const answer = () => ({ items: trusted.list() });
  return [
    route({
      method: 'get',
      path: '/api/trusted-certificates',
      role: 'admin',
      summary: 'The certificates that are trusted in DICOM over TLS: of authorities, or of single devices.',
      tag,
      answer: trustedCertificatesSchema,
      handle: async () => answer(),
    }),
    route({
      method: 'post',
      path: '/api/trusted-certificates',
      role: 'admin',
      summary: 'Trusts more certificates, all of them or none; those that are trusted already stay.',
      tag,
      body: newTrustedCertificatesSchema,
      bodyBytesMax: BODY_BYTES_MAX,
      answer: trustedCertificatesSchema,
      handle: async (request) => {
        const actor = actorOf(request);
        const added = await trusted.add(request.body.certificates);
        for (const certificate of added) activity.record(trustedEvent(actor, certificate));
        return answer();
      },
    }),
    route({
      method: 'delete',
      path: '/api/trusted-certificates/{fingerprint}',
      role: 'admin',
      summary: 'Trusts a certificate no longer; associations that are open go on.',
      tag,
      parameters: z.strictObject({ fingerprint: fingerprintSchema }),
      answer: undefined,
      handle: async (request) => {
        const { fingerprint } = request.parameters;
        const removed = await trusted.remove(fingerprint, () => needOf(settings.current));
        if (removed === undefined) throw new Problem('not-found', `no trusted certificate ${fingerprint}`);
        activity.record(distrustedEvent(actorOf(request), removed));
      },
    }),
  ];
}

/** Without any, nobody would get through. */
function needOf({ tls }: Settings): string | undefined {
  if (tls.isEnabled && tls.clientCertificates === 'required')
    return 'the last trusted certificate stays while callers by TLS must show one';
  return tls.verifyPeers ? 'the last trusted certificate stays while peers are verified' : undefined;
}

function trustedEvent({ name, address }: Actor, certificate: Certificate): NewEvent {
  const words = `${name} trusts the certificate of ${certificate.subject}.`;
  const fields = { by: name, address, after: nameOf(certificate) };
  return { kind: 'certificate-trusted', severity: 'info', words, fields };
}

function distrustedEvent({ name, address }: Actor, certificate: Certificate): NewEvent {
  const words = `${name} trusts the certificate of ${certificate.subject} no longer.`;
  const fields = { by: name, address, before: nameOf(certificate) };
  return { kind: 'certificate-distrusted', severity: 'info', words, fields };
}

function nameOf({ subject, sha256Fingerprint }: Certificate): string {
  return `${subject} ${sha256Fingerprint}`;
}
