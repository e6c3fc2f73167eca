import { constants } from 'node:crypto';
import type { SecureContextOptions } from 'node:tls';
import type { Settings } from '../services/settings.ts';

/** ALPN protocol identifier of DICOM, as IANA has it; RFC 9325 §3.7 asks for such a name, so that no other protocol is taken for this one. */
export const DICOM_ALPN = 'dicom';

/** TLS 1.3; the strongest first. */
const TLS_13_SUITES = ['TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256'];
/** TLS 1.2: forward secrecy, and authenticated encryption alone — RFC 9325 §4.1, §4.2. */
const TLS_12_SUITES = [
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
];
/**
 * What PS3.15 §B.13 names beside. Of it two are left out: Camellia, which is not in the TLS library of Node, and CCM_8, whose tag of 64 bits is below
 * the security level.
 */
const CCM_SUITES = ['TLS_AES_128_CCM_SHA256', 'ECDHE-ECDSA-AES256-CCM', 'ECDHE-ECDSA-AES128-CCM'];

/** RSA and finite-field keys of 2048 bits or more, elliptic curves of 224 or more, no SHA-1 in signatures. */
const SECURITY_LEVEL = '@SECLEVEL=2';

/** SHA-256 or better — RFC 9325 §4.5. */
const SIGNATURES = [
  'ecdsa_secp256r1_sha256',
  'ecdsa_secp384r1_sha384',
  'ecdsa_secp521r1_sha512',
  'rsa_pss_rsae_sha256',
  'rsa_pss_rsae_sha384',
  'rsa_pss_rsae_sha512',
  'rsa_pss_pss_sha256',
  'rsa_pss_pss_sha384',
  'rsa_pss_pss_sha512',
  'rsa_pkcs1_sha256',
  'rsa_pkcs1_sha384',
  'rsa_pkcs1_sha512',
];

/** Both: versions older than TLS 1.2 are not negotiated (RFC 8996), nor is a connection negotiated anew or compressed. */
const COMMON: SecureContextOptions = {
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',
  honorCipherOrder: true,
  // A session that is resumed would be taken for known after its certificate is trusted no longer.
  secureOptions:
    constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_COMPRESSION | constants.SSL_OP_NO_TICKET,
};

/** Secure transport connection profiles: PS3.15 §B.12 'bcp195', §B.13 'modified-bcp195'. */
const PROFILES: Readonly<Record<Settings['tls']['profile'], SecureContextOptions>> = {
  bcp195: {
    ...COMMON,
    ciphers: [...TLS_13_SUITES, ...TLS_12_SUITES, SECURITY_LEVEL].join(':'),
    ecdhCurve: 'X25519:P-256:P-384:P-521',
    sigalgs: [...SIGNATURES, 'ed25519'].join(':'),
  },
  'modified-bcp195': {
    ...COMMON,
    ciphers: [...TLS_13_SUITES, ...TLS_12_SUITES, ...CCM_SUITES, SECURITY_LEVEL].join(':'),
    // Keys of 256 bits or more.
    ecdhCurve: 'P-256:P-384:P-521',
    sigalgs: SIGNATURES.join(':'),
  },
};

export function profileOptions(profile: Settings['tls']['profile']): SecureContextOptions {
  return PROFILES[profile];
}
