import type { Context } from 'koa';

/** What a reverse proxy on this machine may tell of whom it speaks for; from anywhere else nothing is believed. */
export interface Origin {
  /** Network address, an IPv4 one without `::ffff:`. */
  address: string;
  /** By HTTPS, to us or to the proxy. */
  isSecure: boolean;
  /** Host and port in the browser's address bar. */
  host: string;
}

/** Where a request came from. */
export function originOf({ req }: Context): Origin {
  const address = plain(req.socket.remoteAddress ?? '');
  const direct = {
    address,
    isSecure: 'encrypted' in req.socket && req.socket.encrypted === true,
    host: String(req.headers.host ?? '').toLowerCase(),
  };
  if (address !== '::1' && !address.startsWith('127.')) return direct;
  const forwardedFor = plain(withoutPort(last(req.headers['x-forwarded-for'])));
  const protocol = last(req.headers['x-forwarded-proto']);
  const host = last(req.headers['x-forwarded-host']);
  return {
    address: /^[\da-f.:]{2,45}$/i.test(forwardedFor) ? forwardedFor : direct.address,
    isSecure: protocol === '' ? direct.isSecure : protocol === 'https',
    host: host === '' ? direct.host : host.toLowerCase(),
  };
}

/** The entry that the proxy nearest to us has added. */
function last(header: string | string[] | undefined): string {
  return (
    String(header ?? '')
      .split(',')
      .at(-1)
      ?.trim() ?? ''
  );
}

/** Some proxies write `192.0.2.1:5678`, or `[2001:db8::1]:5678`. */
function withoutPort(address: string): string {
  return address.replace(/^([\d.]+):\d+$/, '$1').replace(/^\[([\da-f:.]+)\](:\d+)?$/i, '$1');
}

function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}
